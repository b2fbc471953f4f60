//! A plan as a shell script: the same lab, built by hand.
//!
//! ```text
//! unshare --user --map-root-user --net --mount sh lab.sh
//! ```

use crate::plan::Plan;

/// The script: POSIX sh, with no commands but `ip`, `bridge`, `nft` and `sysctl` after its header.
pub fn text(plan: &Plan) -> String {
    let lab = &plan.lab;
    let mut text = format!(
        "#!/bin/sh\n\
         # Lab {lab}: {steps} steps, as typed by hand.\n\
         #\n\
         # Run it in namespaces of its own, where it cannot touch the host. It ends with a shell inside the lab when\n\
         # it is sourced:\n\
         #   unshare --user --map-root-user --net --mount sh -c '. ./{lab}.sh; exec sh'\n\
         # As root, --user and --map-root-user can be left out. Everything is gone when the last process in there ends.\n\
         set -eu\n\
         \n\
         # A private /run/netns, for `ip netns` to keep the machines in.\n\
         mount -t tmpfs netlab /run\n\
         mkdir /run/netns\n",
        steps = plan.len()
    );
    for chapter in &plan.chapters {
        text.push_str(&format!("\n## {}\n", chapter.title));
        for place in chapter.steps.clone() {
            let step = &plan.steps[place];
            text.push_str(&format!("# {}. {}\n", place + 1, step.sentence()));
            if let Some(command) = step.command() {
                text.push_str(&command);
                text.push('\n');
            }
        }
    }
    text
}
