use proptest::prelude::*;

use super::*;

fn tuple(source: &str, destination: &str, protocol: u8, id: TupleId) -> Tuple {
    Tuple { source: source.parse().unwrap(), destination: destination.parse().unwrap(), protocol, id }
}

fn samples() -> [Tuple; 5] {
    let ports = TupleId::Ports { source: 40000, destination: 80 };
    [
        tuple("10.244.1.2", "192.168.1.100", 6, ports),
        tuple("2001:db8::1", "2001:db8::2", 17, ports),
        tuple("10.244.1.2", "10.244.2.2", 1, TupleId::Icmp { kind: 8, code: 0, id: 77 }),
        tuple("2001:db8::1", "2001:db8::2", 58, TupleId::Icmp { kind: 128, code: 0, id: 77 }),
        tuple("10.244.1.2", "10.244.2.2", 4, TupleId::None),
    ]
}

#[test]
fn as_it_is_written() {
    assert_eq!(
        samples().map(|tuple| tuple.to_string()),
        [
            "10.244.1.2:40000 → 192.168.1.100:80",
            "[2001:db8::1]:40000 → [2001:db8::2]:80",
            "10.244.1.2 → 10.244.2.2 type=8 code=0 id=77",
            "2001:db8::1 → 2001:db8::2 type=128 code=0 id=77",
            "10.244.1.2 → 10.244.2.2",
        ]
    );
}

#[test]
fn what_is_written_is_read() {
    for tuple in samples() {
        let mut w = Writer::with_capacity(128);
        tuple.put(&mut w);
        assert_eq!(Tuple::read(Attributes(&w.bytes)), Some(tuple));
    }
}

#[test]
fn a_question_byte_by_byte() {
    let expected = b"\x48\0\0\0\x01\x01\x05\0\x01\0\0\0\0\0\0\0\x02\0\0\0\
        \x34\0\x01\x80\x14\0\x01\x80\x08\0\x01\0\x0a\xf4\x01\x02\x08\0\x02\0\xc0\xa8\x01\x64\
        \x1c\0\x02\x80\x05\0\x01\0\x06\0\0\0\x06\0\x02\0\x9c\x40\0\0\x06\0\x03\0\0\x50\0\0";
    if cfg!(target_endian = "little") {
        assert_eq!(question(&samples()[0]).unwrap(), expected);
    }
    let mixed = tuple("10.244.1.2", "2001:db8::2", 6, TupleId::None);
    assert_eq!(question(&mixed), None);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        Connection::read(Attributes(&bytes));
        Tuple::read(Attributes(&bytes));
    }
}
