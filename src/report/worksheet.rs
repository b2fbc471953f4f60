//! A plan as a worksheet: a handout in Markdown, with a picture, the commands to type, what is to be seen after each chapter,
//! and questions whose answers stand at the end.
//!
//! ````text
//! ## 3. node-1: bridge cni0
//! 11. Create the bridge cni0: a switch inside the node, which its pods will be plugged into.
//!     ```sh
//!     ip -n node-1 link add cni0 type bridge
//!     ```
//! **Look**    lab# ip -n node-1 -br addr show dev cni0
//!             cni0             … 10.244.1.1/24
//! **Questions**    4. What is 10.244.1.1 on node-1 to its pods? …
//! ````
//!
//! Its console blocks are written as the tutorials' are, and are run by the same test.

mod look;
mod questions;
mod sections;

use self::look::Look;
use self::questions::{Question, Whole};
use self::sections::Section;
use super::{capacity, graph};
use crate::graph::{Graph, Source};
use crate::plan::Plan;
use crate::step::Step;
use crate::topology::capacity::Capacity;

/// The worksheet of a plan; `file` is how its file is called on a command line.
pub fn text(plan: &Plan, room: &Capacity, file: &str) -> String {
    let mut sheet = Sheet { plan, text: String::new(), answers: Vec::new() };
    sheet.opening(file, room);
    let whole = plan.predict(|_| true);
    let all = Whole { plan, net: &whole };
    for (place, section) in sections::sections(plan).iter().enumerate() {
        let end = u32::try_from(section.end()).unwrap_or(u32::MAX);
        let net = plan.predict(|number| number <= end);
        let steps = section.steps(plan);
        sheet.text.push_str(&format!("\n## {}. {}\n\n", place + 1, markdown(&section.title())));
        let (looks, questions) = match section.repeats {
            None => {
                sheet.explained(section);
                (look::closely(steps, &net), questions::about(steps, &net, all))
            }
            Some(like) => {
                sheet.repeated(section, like);
                (look::briefly(steps, &net), questions::one(steps, &net, all))
            }
        };
        sheet.checked(end, looks);
        sheet.asked(questions);
    }
    sheet.closing();
    sheet.text
}

/// A worksheet that is being written.
struct Sheet<'a> {
    plan: &'a Plan,
    text: String,
    answers: Vec<String>,
}

impl Sheet<'_> {
    fn opening(&mut self, file: &str, room: &Capacity) {
        let Plan { lab, .. } = self.plan;
        let (steps, title) = (self.plan.len(), markdown(lab.as_str()));
        let graph = Graph::of(self.plan, &self.plan.predict(|_| true), Source::Plan);
        let (picture, file) = (graph::mermaid(&graph), word(file));
        let room: String =
            capacity::sentences(room).iter().map(|sentence| format!("\n{}\n", markdown(sentence))).collect();
        self.text = format!(
            "# Worksheet: {title}\n\
             \n\
             You build this network by hand, with {steps} commands:\n\
             \n\
             ```mermaid\n{picture}```\n\
             \n\
             A box with doubled sides is a switch (a *bridge*). A dotted line is no cable: there the node itself passes\n\
             packets on, as a router.\n\
             {room}\
             \n\
             ## How to work with it\n\
             \n\
             An empty lab is the place. Nothing that you do in it reaches the machine that you sit at:\n\
             \n\
             ```console\n$ netlab up --empty {file}\n…\n```\n\
             \n\
             Open a second terminal, and in it `netlab shell`. There you type the commands of each chapter, and those\n\
             under *Look*, which stand behind `lab#`. Commands behind `$` belong into the first terminal. `ip -n red` does in\n\
             the machine red what `ip` does in the lab itself, its *fabric*, where the switches of the networks stand.\n\
             \n\
             At the end of each chapter `netlab goto` compares. Of a step that you have done it says\n\
             `it was in force already`; one that you forgot it does. Then look: what you see should be what is printed\n\
             here, where `…` stands for anything. Answer the questions before you turn to the answers at the end.\n\
             \n\
             What was explained once is only named the second time. There, try to write down each command before you\n\
             read it.\n\
             \n\
             If you are lost: `netlab back` undoes the last step, `netlab down` takes everything away.\n"
        );
    }

    /// The steps, each with its sentence and its command.
    fn explained(&mut self, section: &Section<'_>) {
        for chapter in &section.chapters {
            for place in chapter.steps.clone() {
                let Some(step) = self.plan.steps.get(place) else { continue };
                let number = format!("{}. ", place + 1);
                let margin = " ".repeat(number.len());
                self.text.push_str(&format!("{number}{}\n", markdown(&step.sentence())));
                self.text.push_str(&format!("\n{margin}```sh\n"));
                step.command().into_iter().for_each(|command| self.text.push_str(&format!("{margin}{command}\n")));
                self.text.push_str(&format!("{margin}```\n\n"));
            }
        }
    }

    /// The steps of chapters that repeat others: their commands only.
    fn repeated(&mut self, section: &Section<'_>, like: &str) {
        let steps = section.chapters.first().map_or(0, |chapter| chapter.steps.start) + 1;
        self.text.push_str(&format!(
            "Steps {steps} to {}: what began with *{}*, with other names and addresses.\n\n",
            section.end(),
            markdown(like)
        ));
        for chapter in &section.chapters {
            if section.chapters.len() > 1 {
                self.text.push_str(&format!("{}:\n\n", markdown(&chapter.title)));
            }
            let steps = self.plan.steps.get(chapter.steps.clone()).unwrap_or_default();
            let commands: Vec<String> = steps.iter().filter_map(Step::command).collect();
            self.text.push_str(&format!("```sh\n{}\n```\n\n", commands.join("\n")));
        }
    }

    /// What to see.
    fn checked(&mut self, end: u32, looks: Vec<Look>) {
        self.text.push_str(&format!("**Look**\n\n```console\n$ netlab goto {end}\n…\n"));
        for Look { command, expected } in looks {
            self.text.push_str(&format!("lab# {command}\n"));
            expected.iter().for_each(|line| self.text.push_str(&format!("{line}\n")));
        }
        self.text.push_str("```\n");
    }

    /// What to ask.
    fn asked(&mut self, questions: Vec<Question>) {
        if questions.is_empty() {
            return;
        }
        self.text.push_str("\n**Questions**\n\n");
        for Question { text, answer } in questions {
            self.answers.push(answer);
            self.text.push_str(&format!("{}. {}\n", self.answers.len(), markdown(&text)));
        }
    }

    fn closing(&mut self) {
        self.text.push_str(
            "\n## Away with it\n\n\
             The whole can be looked at with `netlab status` and `netlab routes`. At the end leave the lab's shell with `exit`,\n\
             and then:\n\
             \n\
             ```console\n$ netlab down\n…\n```\n\
             \n\
             ## Answers\n\n",
        );
        for (place, answer) in self.answers.iter().enumerate() {
            self.text.push_str(&format!("{}. {}\n", place + 1, markdown(answer)));
        }
    }
}

/// Text in which names cannot become Markdown: outside of code, `_` and `*` would set type, `<` would open a tag.
fn markdown(text: &str) -> String {
    let mut code = false;
    let mut safe = String::new();
    for c in text.chars() {
        code ^= c == '`';
        if !code && matches!(c, '_' | '*' | '<') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

/// A file's name as one word of a command line.
fn word(file: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+,:@%".contains(c);
    if !file.is_empty() && file.chars().all(plain) { file.into() } else { format!("'{}'", file.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::parse;

    fn sheet(text: &str) -> String {
        let topology = parse("test.yaml", text).unwrap();
        super::text(&Plan::of(&topology), &Capacity::of(&topology), "it's here.yaml")
    }

    #[test]
    fn every_command_of_the_plan_is_there_once() {
        let text = crate::topology::generate(3, 2);
        let topology = parse("test.yaml", &text).unwrap();
        let plan = Plan::of(&topology);
        let sheet = super::text(&plan, &Capacity::of(&topology), "x.yaml");
        let lines: Vec<&str> = sheet.lines().map(str::trim).collect();
        let mut rest = lines.iter();
        for command in plan.steps.iter().filter_map(Step::command) {
            assert!(rest.any(|line| *line == command), "not in its place: {command}");
        }
    }

    #[test]
    fn what_is_known_is_not_explained_again() {
        let sheet = sheet(&crate::topology::generate(3, 2));
        assert_eq!(sheet.matches(": the pod's own, unique in the cluster.").count(), 1);
        assert_eq!(sheet.matches("\n## ").count(), 16, "{sheet}");
    }

    #[test]
    fn names_do_not_become_markdown() {
        let sheet = sheet("lab: a_b_\nnodes: { n_1_: {} }\n");
        assert!(sheet.starts_with("# Worksheet: a\\_b\\_\n"), "{sheet}");
        assert!(sheet.contains("$ netlab up --empty 'it'\\''s here.yaml'\n"), "{sheet}");
        assert!(sheet.contains("Create the network namespace n\\_1\\_:"), "{sheet}");
        assert_eq!(markdown("the rule `a_b` of c_d"), "the rule `a_b` of c\\_d");
    }

    #[test]
    fn a_question_has_its_answer() {
        let sheet = sheet(&crate::topology::generate(2, 1));
        assert!(sheet.contains("To which machine does n1 hand a packet for "), "{sheet}");
        assert!(sheet.contains("which is n2: the route is `"), "{sheet}");
    }
}
