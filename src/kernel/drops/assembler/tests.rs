//! Instructions against their bytes.

use super::*;

fn bytes(code: Code) -> Vec<[u8; 8]> {
    code.finish().unwrap().into_iter().map(u64::to_ne_bytes).collect()
}

#[cfg(target_endian = "little")]
#[test]
fn instructions_are_laid_out_as_the_kernel_reads_them() {
    let mut code = Code::default();
    code.set(R0, -2);
    code.copy(R6, R1);
    code.add(R2, 0x0102_0304);
    code.add_register(R8, R9);
    code.subtract_register(R2, R9);
    code.load(Size::Eight, R7, R6, 0);
    code.load(Size::Four, R7, R6, 16);
    code.load(Size::Two, R1, FRAME, -256);
    code.load(Size::One, R1, FRAME, -1);
    code.store(Size::Two, FRAME, -8, R2);
    code.store_number(Size::Eight, FRAME, -16, 7);
    code.load_map(R1, 3);
    code.call(113);
    code.exit();
    let expected: [[u8; 8]; 15] = [
        [0xb7, 0x00, 0, 0, 0xfe, 0xff, 0xff, 0xff],
        [0xbf, 0x16, 0, 0, 0, 0, 0, 0],
        [0x07, 0x02, 0, 0, 0x04, 0x03, 0x02, 0x01],
        [0x0f, 0x98, 0, 0, 0, 0, 0, 0],
        [0x1f, 0x92, 0, 0, 0, 0, 0, 0],
        [0x79, 0x67, 0, 0, 0, 0, 0, 0],
        [0x61, 0x67, 16, 0, 0, 0, 0, 0],
        [0x69, 0xa1, 0x00, 0xff, 0, 0, 0, 0],
        [0x71, 0xa1, 0xff, 0xff, 0, 0, 0, 0],
        [0x6b, 0x2a, 0xf8, 0xff, 0, 0, 0, 0],
        [0x7a, 0x0a, 0xf0, 0xff, 7, 0, 0, 0],
        [0x18, 0x11, 0, 0, 3, 0, 0, 0],
        [0; 8],
        [0x85, 0, 0, 0, 113, 0, 0, 0],
        [0x95, 0, 0, 0, 0, 0, 0, 0],
    ];
    assert_eq!(bytes(code), expected);
}

#[cfg(target_endian = "little")]
#[test]
fn jumps_lead_to_their_labels_forwards_and_backwards() {
    let mut code = Code::default();
    let (start, end) = (code.label(), code.label());
    code.bind(start);
    code.jump(If::SignedBelow, R2, -1, end);
    code.jump_32(If::NotEqual, R1, u32::MAX, start);
    code.go(start);
    code.load_map(R1, 3);
    code.bind(end);
    code.exit();
    let expected: [[u8; 8]; 6] = [
        [0xc5, 0x02, 4, 0, 0xff, 0xff, 0xff, 0xff],
        [0x56, 0x01, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff],
        [0x05, 0x00, 0xfd, 0xff, 0, 0, 0, 0],
        [0x18, 0x11, 0, 0, 3, 0, 0, 0],
        [0; 8],
        [0x95, 0, 0, 0, 0, 0, 0, 0],
    ];
    assert_eq!(bytes(code), expected);
}

#[test]
fn a_jump_to_nowhere_or_too_far_is_no_program() {
    let mut code = Code::default();
    let label = code.label();
    code.go(label);
    assert_eq!(code.finish(), None);

    let far = |distance| {
        let mut code = Code::default();
        let label = code.label();
        code.go(label);
        (0..distance).for_each(|_| code.exit());
        code.bind(label);
        code.finish()
    };
    assert!(far(32_767).is_some());
    assert_eq!(far(32_768), None);
}
