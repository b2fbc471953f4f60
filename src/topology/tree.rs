//! YAML events → a tree whose every part knows its place in the file.
//!
//! ```text
//! nodes: { node-1: {} }       Map[ "nodes" → Map[ "node-1" → Map[] ] ]
//! ^^^^^    ^^^^^^  ^^
//! ```
//!
//! The tree holds only what a topology can mean. What YAML offers beyond that ends here with an explanation: duplicate
//! keys, merge keys, tags, several documents, keys that are no text, and files made to exhaust whoever reads them.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::diagnostic::{Diagnostic, Diagnostics, quoted};
use super::places::Places;
use super::scalar::{Meaning, Scalar};
use super::span::{Span, Spanned};

/// How deep lists and mappings may stand in each other. A topology needs seven; small enough that recursion over a tree
/// is safe.
const DEEPEST: usize = 64;

/// How many values a file may have, each use of an alias counted with all that it stands for.
const MOST_VALUES: usize = 1_000_000;

/// A key of a mapping.
pub type Key<'t> = Spanned<Cow<'t, str>>;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree<'t> {
    /// The value.
    pub value: Value<'t>,
    /// Its place. For a list or mapping in block style, that of its beginning.
    pub span: Span,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'t> {
    /// A scalar.
    Scalar(Scalar<'t>),
    /// A list.
    List(Vec<Tree<'t>>),
    /// A mapping, in file order; its keys differ.
    Map(Vec<(Key<'t>, Tree<'t>)>),
}

impl Tree<'_> {
    /// Whether there is nothing: no value was written, or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.meaning() == Meaning::Null)
    }

    /// The value as messages call it.
    pub fn describe(&self) -> String {
        match &self.value {
            Value::Scalar(scalar) => scalar.describe(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
        }
    }
}

/// Reads the one document in `text`. Returns nothing if the text is so broken that no tree can be made of it.
pub fn read<'t>(text: &'t str, diagnostics: &mut Diagnostics) -> Option<Tree<'t>> {
    let mut builder = Builder::new(diagnostics);
    match builder.run(text) {
        Ok(root) => root,
        Err(diagnostic) => {
            builder.diagnostics.push(*diagnostic);
            None
        }
    }
}

/// A mistake after which reading cannot go on.
type Fatal = Box<Diagnostic>;

/// A list or mapping that is not closed yet.
struct Open<'t> {
    tree: Tree<'t>,
    /// In a mapping, the key whose value comes next; and whether it is to be kept.
    key: Option<(Key<'t>, bool)>,
    seen: HashMap<Cow<'t, str>, Span>,
    anchor: usize,
    values: usize,
    /// How many levels stand in it.
    height: usize,
}

/// What an anchor stands for.
struct Anchored<'t> {
    tree: Tree<'t>,
    values: usize,
    height: usize,
}

struct Builder<'d, 't> {
    diagnostics: &'d mut Diagnostics,
    open: Vec<Open<'t>>,
    anchors: HashMap<usize, Anchored<'t>>,
    root: Option<Tree<'t>>,
    values: usize,
}

impl<'d, 't> Builder<'d, 't> {
    fn new(diagnostics: &'d mut Diagnostics) -> Self {
        Builder { diagnostics, open: Vec::new(), anchors: HashMap::new(), root: None, values: 0 }
    }

    fn run(&mut self, text: &'t str) -> Result<Option<Tree<'t>>, Fatal> {
        let places = Places::new(text);
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| match error.info() {
                // The scanner, which runs ahead, has a limit of its own.
                "recursion limit exceeded" => too_deep(places.mark(&error)),
                _ => Box::new(places.explain(text, &error)),
            })?;
            let span = places.span(span);
            match event {
                Event::DocumentStart(_) if documents == 1 => {
                    return Err(Diagnostic::new(span, "the file holds more than one YAML document")
                        .label("the second begins here")
                        .help("a topology is one document: give each its own file")
                        .into());
                }
                Event::DocumentStart(_) => documents += 1,
                Event::Scalar(text, style, anchor, tag) => {
                    self.no_tag(tag.is_some(), span)?;
                    let scalar = Scalar { text, plain: style == ScalarStyle::Plain };
                    self.add(Tree { value: Value::Scalar(scalar), span }, anchor, 1, 0)?;
                }
                Event::SequenceStart(anchor, tag) => {
                    self.no_tag(tag.is_some(), span)?;
                    self.begin(Value::List(Vec::new()), span, anchor)?;
                }
                Event::MappingStart(anchor, tag) => {
                    self.no_tag(tag.is_some(), span)?;
                    self.begin(Value::Map(Vec::new()), span, anchor)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(text, span)?,
                Event::Alias(anchor) => self.alias(anchor, span)?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(self.root.take())
    }

    fn no_tag(&self, tagged: bool, span: Span) -> Result<(), Fatal> {
        if !tagged {
            return Ok(());
        }
        let diagnostic = Diagnostic::new(span, "a topology has no YAML tags");
        Err(diagnostic.label("this value has a tag").help("leave out what begins with `!`").into())
    }

    fn begin(&mut self, value: Value<'t>, span: Span, anchor: usize) -> Result<(), Fatal> {
        if let Some(Open { tree: Tree { value: Value::Map(_), .. }, key: None, .. }) = self.open.last() {
            let diagnostic = Diagnostic::new(span, "a list or mapping cannot be a key");
            return Err(diagnostic.label("expected a key, which is a name").into());
        }
        if self.open.len() >= DEEPEST {
            return Err(too_deep(span));
        }
        let tree = Tree { value, span };
        self.open.push(Open { tree, key: None, seen: HashMap::new(), anchor, values: 1, height: 1 });
        Ok(())
    }

    fn end(&mut self, text: &str, span: Span) -> Result<(), Fatal> {
        let Some(Open { mut tree, anchor, values, height, .. }) = self.open.pop() else { return Ok(()) };
        // In flow style the closing bracket belongs to the value. In block style it ends where the next thing begins.
        if matches!(text.as_bytes().get(tree.span.start), Some(b'[' | b'{')) {
            tree.span.end = span.end.max(tree.span.end);
        }
        self.add(tree, anchor, values, height)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fatal> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            let diagnostic = Diagnostic::new(span, "this alias stands inside what it stands for");
            return Err(diagnostic.label("expected an alias of something that is complete before it").into());
        };
        let (values, height) = (anchored.values, anchored.height);
        self.spend(values, span)?;
        if self.open.len() + height > DEEPEST {
            return Err(too_deep(span));
        }
        let tree = self.anchors.get(&anchor).map(|anchored| anchored.tree.clone());
        tree.map_or(Ok(()), |tree| self.add(tree, 0, values, height))
    }

    /// Counts values against the limit, before they are made.
    fn spend(&mut self, values: usize, span: Span) -> Result<(), Fatal> {
        self.values += values;
        if self.values <= MOST_VALUES {
            return Ok(());
        }
        Err(Diagnostic::new(span, "the file means more than a million values")
            .label("here the limit is reached")
            .help("each alias counts as often as it is used; a thousand pods need about 3,000 values")
            .into())
    }

    /// Adds a value that is complete to whatever is open around it.
    fn add(&mut self, tree: Tree<'t>, anchor: usize, values: usize, height: usize) -> Result<(), Fatal> {
        if values == 1 {
            self.spend(1, tree.span)?;
        }
        if anchor != 0 {
            self.spend(values, tree.span)?;
            self.anchors.insert(anchor, Anchored { tree: tree.clone(), values, height });
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(tree);
            return Ok(());
        };
        open.values += values;
        open.height = open.height.max(height + 1);
        match (&mut open.tree.value, open.key.take()) {
            (Value::List(items), _) => items.push(tree),
            (Value::Map(entries), Some((key, true))) => entries.push((key, tree)),
            (Value::Map(_), Some((_, false))) | (Value::Scalar(_), _) => {}
            (Value::Map(_), None) => {
                let Value::Scalar(scalar) = tree.value else {
                    return Err(Diagnostic::new(tree.span, "a list or mapping cannot be a key").into());
                };
                let first = *open.seen.entry(scalar.text.clone()).or_insert(tree.span);
                let merge = scalar.plain && scalar.text == "<<";
                if merge {
                    self.diagnostics.push(merge_key(tree.span));
                } else if first != tree.span {
                    self.diagnostics.push(duplicate(&scalar.text, first, tree.span));
                }
                open.key = Some((Spanned::new(scalar.text, tree.span), first == tree.span && !merge));
            }
        }
        Ok(())
    }
}

fn merge_key(span: Span) -> Diagnostic {
    Diagnostic::new(span, "`<<` does not merge mappings here")
        .label("YAML 1.2, which this is, has no merge key")
        .help("write the keys out, or give a whole value by its alias: `sysctls: *common`")
}

fn duplicate(key: &str, first: Span, second: Span) -> Diagnostic {
    Diagnostic::new(second, format!("the key {} is given twice", quoted(key)))
        .label("the second time")
        .also(first, "the first time")
        .help("keep one of them")
}

fn too_deep(span: Span) -> Fatal {
    Diagnostic::new(span, format!("lists and mappings stand in each other more than {DEEPEST} levels deep"))
        .label("here the limit is reached")
        .help("a topology needs seven levels")
        .into()
}
