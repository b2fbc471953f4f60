//! What a person changes by `ip`, `nft` and `sysctl` is seen, and single requests put it back.
//!
//! ```text
//! typed command ─▶ kernel ─▶ observe ─▶ a value ─▶ a request ─▶ kernel ─▶ `ip -j -d`, `nft -j`: as before
//!                              └─▶ its text, typed as a command ─▶ the same
//! ```
//!
//! Each test has a sandbox in a thread, which ends with it. It takes root, or a user namespace:
//! `unshare -Urn cargo test --test observe`.

use std::process::Command;

use netlab::kernel::observe::{View, observe};
use netlab::kernel::request::{Batch, Request, Sending};
use netlab::kernel::worker::Worker;
use netlab::kernel::{Kernel, Refusal, ready, sandbox};
use netlab::names::MachineName;
use netlab::network::Namespace;
use serde_json::Value;

mod neighbours;
mod peers;
mod policy_rules;
mod routes;
mod rules;
mod settings;
mod sysctls;

/// A sandbox in a thread.
fn sandbox<T: Send>(work: impl FnOnce(&Kernel) -> T + Send) -> T {
    sandbox::briefly(work).expect("a sandbox: run the tests as root, or under `unshare -Urn`")
}

/// Runs a shell script in the calling thread's namespace. Every command must end well.
#[track_caller]
fn sh(script: &str) -> String {
    let search = format!("{}:/usr/local/sbin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh").args(["-ec", script]).env("PATH", search).output().expect("sh");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {error}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// What a command prints as JSON, without what changes by itself.
#[track_caller]
fn json(command: &str) -> Value {
    let text = sh(command);
    let mut json = if text.trim().is_empty() { Value::Null } else { serde_json::from_str(&text).expect(command) };
    forget_time(&mut json);
    json
}

fn forget_time(json: &mut Value) {
    match json {
        Value::Object(object) => {
            object.retain(|key, _| !key.ends_with("_timer") && key != "operstate" && key != "handle");
            object.values_mut().for_each(forget_time);
        }
        Value::Array(array) => array.iter_mut().for_each(forget_time),
        _ => {}
    }
}

/// What is seen of the fabric.
fn see(kernel: &Kernel, view: &View) -> Namespace {
    let fabric = MachineName::fabric();
    observe(kernel, [&fabric], view).expect("to look").remove(&fabric).expect("the fabric")
}

/// Waits until the links of these machines are as they will stay: carriers announced, ports forwarding.
fn settle(kernel: &Kernel, machines: &[MachineName]) {
    let unready = ready::wait(kernel, machines, std::time::Duration::from_secs(10)).expect("to look");
    assert!(unready.is_empty(), "{unready:?}");
}

/// Sends requests to a machine.
fn send(kernel: &Kernel, at: &MachineName, requests: Vec<Request>) -> Result<(), Refusal> {
    let sendings = requests.into_iter().map(|request| Sending { step: 1, request }).collect();
    let batch = Batch { at: at.clone(), sendings, completes: vec![1] };
    Worker::new(kernel)?.run(&batch).map_err(|failed| failed.refusal)
}

/// Sends requests to the fabric.
#[track_caller]
fn ask(kernel: &Kernel, requests: Vec<Request>) {
    send(kernel, &MachineName::fabric(), requests).expect("the kernel agrees");
}
