//! Is it YAML at all?

use super::*;

#[test]
fn empty() {
    case("", &["the file is empty", "the smallest topology"]);
    case("# only a comment\n", &["the file is empty"]);
    case("---\n", &["the file is empty"]);
}

#[test]
fn not_a_mapping() {
    case("«hello", &["expected a topology as a mapping, found the text `hello`"]);
    case("«[a]", &["found a list"]);
}

#[test]
fn broken() {
    case("lab: x\nnodes: {«", &["this is not YAML"]);
    case("lab: x\nnodes:\n«\ta: {}\n", &["this is not YAML", "replace each tab"]);
    case("lab: x\nnodes: «\"ä", &["this is not YAML", "never closed"]);
    case("lab: x\nnodes: «*a\n", &["this is not YAML", "needs an anchor `&name` before it"]);
}

#[test]
fn duplicate_keys() {
    case("lab: x\n«lab: y\nnodes: {}\n", &["the key `lab` is given twice", "the first time"]);
    case("lab: x\nnodes: { a: {}, «\"a\": {} }\n", &["the key `a` is given twice"]);
}

#[test]
fn things_that_yaml_has_and_topologies_have_not() {
    case("lab: x\nnodes: {}\n«---\nlab: y\n", &["more than one YAML document"]);
    case("lab: «!!str x\nnodes: {}\n", &["no YAML tags"]);
    case("lab: x\nnodes: { «[a]: {} }\n", &["cannot be a key"]);
    case("lab: x\nnodes:\n  a: &a {}\n  b:\n    «<<: *a\n", &["`<<` does not merge", "no merge key"]);
    case("lab: x\nnodes: &a [«*a]\n", &["stands inside what it stands for"]);
}

#[test]
fn bombs() {
    let mut bomb = "lab: x\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..20 {
        let before = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", format!("*a{before},").repeat(10)));
    }
    let (failure, _) = fail(&bomb);
    assert!(failure.to_string().contains("more than a million values"), "{failure}");

    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        let deep = format!("{}{}", open.repeat(20_000), close.repeat(20_000));
        let (failure, _) = fail(&deep);
        assert!(failure.to_string().contains("more than 64 levels deep"), "{failure}");
    }
    // Each alias adds a level to what is deep already.
    let mut tower = "lab: x\na0: &a0 [x]\n".to_owned();
    for level in 1..1_000 {
        tower.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    let (failure, _) = fail(&tower);
    assert!(failure.to_string().contains("levels deep"), "{failure}");
}

#[test]
fn columns_are_characters_and_lines_may_end_in_crlf() {
    case("lab: x # ä€🦀\r\nnodes: { «\"ä€🦀\": {} }\r\n", &["'ä' cannot stand in a name"]);
    case("lab: x # ä€🦀\r\nhosts: # 🦀\r\nnodes: { \"a\": «\"ä€🦀\" }\r\n", &["found the text `ä€🦀`"]);
}
