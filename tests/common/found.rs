//! What a check found, read from its document.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Lab, Ran};

/// A pair of machines and a family: `pod-a → pod-c IPv4`.
pub type Cells = BTreeSet<String>;

/// A check that was run.
pub struct Found {
    pub document: Value,
    pub ran: Ran,
}

impl Found {
    /// Runs a check. The exit status has to say what the document says.
    #[track_caller]
    pub fn of(lab: &Lab, words: &[&str]) -> Self {
        let ran = lab.run(&[&["check", "--json"], words].concat());
        let document = ran.document(&[0, 1]);
        let passed = document["passed"].as_bool().expect("passed");
        assert_eq!(ran.status, Some(i32::from(!passed)), "{ran}");
        let pairs = document["pairs"].as_array().expect("pairs");
        let failed = pairs.iter().filter(|pair| pair["passed"] == false).count();
        assert_eq!(document["failed"], failed, "{ran}");
        let twice = document["duplicates"].as_array().expect("duplicates").len();
        assert_eq!(passed, failed == 0 && twice == 0, "{ran}");
        for pair in pairs.iter().filter(|pair| pair["passed"] == false) {
            assert!(pair["failure"].is_string() && pair["wrong"].is_string(), "what is wrong is not said: {pair}");
        }
        Found { document, ran }
    }

    /// It has to have found nothing wrong.
    #[track_caller]
    pub fn passed(self) -> Self {
        assert_eq!(self.document["passed"], true, "{}", self.ran);
        self
    }

    pub fn pairs(&self) -> &[Value] {
        self.document["pairs"].as_array().expect("pairs")
    }

    /// Those of these pairs.
    pub fn cells(&self, which: impl Fn(&Value) -> bool) -> Cells {
        self.pairs().iter().filter(|pair| which(pair)).map(cell).collect()
    }

    /// Those that fail.
    pub fn failed(&self) -> Cells {
        self.cells(|pair| pair["passed"] == false)
    }

    /// Those that fail in this manner.
    pub fn failed_as(&self, failure: &str) -> Cells {
        self.cells(|pair| pair["failure"] == failure)
    }

    /// The causes that were found.
    pub fn causes(&self) -> BTreeSet<String> {
        let whys = self.document["whys"].as_array().expect("whys").iter();
        whys.filter_map(|why| why["cause"].as_str()).map(str::to_owned).collect()
    }
}

/// How a pair is called here.
pub fn cell(pair: &Value) -> String {
    let text = |key: &str| pair[key].as_str().unwrap_or_default().to_owned();
    let to = pair["to"].as_str().map_or_else(|| text("address"), str::to_owned);
    let port = pair["port"].as_u64().map_or(String::new(), |port| format!(" {} {port}", text("protocol")));
    format!("{} → {to} {}{port}", text("from"), text("family"))
}

/// These cells.
pub fn cells<'a>(cells: impl IntoIterator<Item = &'a str>) -> Cells {
    cells.into_iter().map(str::to_owned).collect()
}

/// All from one of these to one of those, of both families if so said.
pub fn product(from: &[&str], to: &[&str], families: &[&str]) -> Cells {
    let mut all = Cells::new();
    for (from, to) in from.iter().flat_map(|from| to.iter().map(move |to| (from, to))) {
        all.extend(families.iter().map(|family| format!("{from} → {to} {family}")));
    }
    all
}
