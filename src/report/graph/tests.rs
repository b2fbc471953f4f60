//! What each format looks like, and what holds for all graphs in it.

use insta::assert_snapshot;
use roxmltree::{Document, Node};

use super::layout::picture;
use super::samples::{self, all, planned};
use super::*;
use crate::names::MachineName;

const FEW: [&str; 6] = ["three-nodes", "dual-stack", "router", "awkward", "drifted", "nothing"];

#[test]
fn a_terminal_shows_it_like_this() {
    for (name, graph) in all().into_iter().filter(|(name, _)| FEW.contains(name) || *name == "20x50") {
        for columns in [80, 120] {
            assert_snapshot!(format!("{name}-{columns}"), terminal(&graph, columns, false));
        }
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for (name, graph) in all() {
        for columns in [40, 60, 80, 100, 120, 200] {
            let text = terminal(&graph, columns, false);
            for line in text.lines() {
                assert!(line.chars().count() <= columns, "{name} in {columns}: {line}");
                assert!(!line.ends_with(' ') && !line.contains(char::is_control), "{name} in {columns}: {line:?}");
            }
        }
    }
}

/// Colour adds nothing but colour.
#[test]
fn without_its_colours_it_is_the_same() {
    for (name, graph) in all() {
        let coloured = terminal(&graph, 100, true);
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\x1b') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        assert_eq!(plain + rest, terminal(&graph, 100, false), "{name}");
    }
}

#[test]
fn mermaid_and_graphviz_are_told_this() {
    for (name, graph) in all().into_iter().filter(|(name, _)| FEW.contains(name)) {
        assert_snapshot!(format!("{name}-mermaid"), mermaid(&graph));
        assert_snapshot!(format!("{name}-dot"), dot(&graph));
    }
}

#[test]
fn a_document_looks_like_this() {
    let text = |graph| serde_json::to_string_pretty(&document(&graph)).unwrap();
    assert_snapshot!("drifted-json", text(samples::drifted()));
}

fn texts(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|node| node.text()).collect::<Vec<_>>().join("\n")
}

/// It is XML, and every machine is in it with all that is known of it.
#[test]
fn an_svg_is_whole() {
    for (name, graph) in all() {
        for theme in [Theme::Auto, Theme::Light, Theme::Dark] {
            let text = svg(&picture(&graph, &[], &drift(&graph)), theme);
            let document = Document::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            let root = document.root_element();
            assert_eq!(root.attribute("role"), Some("img"), "{name}");
            let said = texts(root);
            for machine in &graph.machines {
                assert!(said.contains(&format!("{} (", machine.name)), "{name}: {}", machine.name);
            }
            for address in graph.machines.iter().flat_map(|m| &m.links).flat_map(|link| &link.addresses) {
                assert!(said.contains(&address.text), "{name}: {}", address.text);
            }
            for forbidden in ["<script", "href", "url(", "@import", "http://"] {
                let rest = text.replace("http://www.w3.org/2000/svg", "");
                assert!(!rest.contains(forbidden), "{name}: {forbidden}");
            }
            assert_eq!(text.contains("prefers-color-scheme"), theme == Theme::Auto);
        }
    }
}

/// Every word of the shapes' classes that is there to be coloured is known to the style sheet.
#[test]
fn what_differs_or_is_broken_has_its_colour() {
    let text = svg(&picture(&samples::drifted(), &[], &drift(&samples::drifted())), Theme::Light);
    let document = Document::parse(&text).unwrap();
    let of = |class: &str| {
        let with =
            |node: &Node<'_, '_>| node.attribute("class").is_some_and(|all| all.split(' ').any(|one| one == class));
        document.descendants().filter(with).count()
    };
    assert!(of("missing") >= 4, "{}", of("missing"));
    assert!(of("broken") >= 3 && of("foreign") >= 2 && of("changed") >= 1 && of("cross") >= 4);
    let outside = document.descendants().find(|node| node.attribute("class") == Some("machine outer host missing"));
    assert!(outside.is_some_and(|outside| texts(outside).contains("outside")), "{text}");
}

/// A page asks nobody, and holds the document that it shows.
#[test]
fn a_page_is_whole_and_asks_nobody() {
    for (name, graph) in all() {
        let page = html(&graph, &picture(&graph, &[], &drift(&graph)), Theme::Auto);
        assert!(page.contains("default-src 'none'"), "{name}");
        for forbidden in ["http://", "https://", "src=", "href="] {
            let rest = page.replace("http://www.w3.org/2000/svg", "");
            assert!(!rest.contains(forbidden), "{name}: {forbidden}");
        }
        let data = page.split("id=\"data\">").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data, serde_json::to_value(document(&graph)).unwrap(), "{name}");
        let picture = page.split("<main id=\"stage\">").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap();
        let drawn = Document::parse(picture).unwrap_or_else(|e| panic!("{name}: {e}"));
        let reached: Vec<&str> = drawn.descendants().filter_map(|node| node.attribute("data-machine")).collect();
        for machine in &graph.machines {
            assert!(reached.contains(&machine.name.as_str()), "{name}: {}", machine.name);
        }
    }
}

#[test]
fn names_cannot_break_out_of_a_picture() {
    let graph = samples::broken();
    let page = html(&graph, &picture(&graph, &[], &Notes::default()), Theme::Auto);
    assert!(!page.contains("<\"&"), "a name stands in the page as it is");
    assert!(dot(&graph).contains(r#"<\"&'\\"#), "{}", dot(&graph));
}

#[test]
fn a_graph_of_some_machines_is_drawn_without_the_others() {
    let graph = planned(&crate::topology::generate(20, 50));
    let only = ["n1-p1", "n7"].map(|name| name.parse::<MachineName>().unwrap()).into_iter().collect();
    let graph = graph.only(&only);
    let drawn: Vec<&str> = graph.machines.iter().map(|machine| machine.name.as_str()).collect();
    assert_eq!(drawn, ["n1", "n1-p1", "n7"]);
    assert_eq!(graph.left_out, 1017);
    assert!(picture(&graph, &[], &Notes::default()).description.contains("1017 more machines are not drawn"));
}

/// The picture in `README.md`. `NETLAB_TEST_PICTURES=write` writes it.
#[test]
fn the_picture_in_the_documentation_is_what_is_drawn() {
    let text = svg(&picture(&planned(samples::THREE_NODES), &[], &Notes::default()), Theme::Auto);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/three-nodes.svg");
    if std::env::var_os("NETLAB_TEST_PICTURES").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    assert!(
        include_str!("../../../docs/three-nodes.svg") == text,
        "`NETLAB_TEST_PICTURES=write cargo test --lib pictures` writes docs/three-nodes.svg"
    );
}
