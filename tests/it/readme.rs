//! The lines of the README, typed one after the other.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
};

use serde_json::Value;

use crate::{demo::Demo, tree};

/// A terminal, where variables stay set.
struct Terminal {
    shell: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Terminal {
    /// What this terminal prints when a line is done.
    const DONE: &str = "-- done: ";

    fn open() -> Self {
        let mut command = Command::new("bash");
        command.arg("--norc").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = command.spawn().expect("bash runs");
        let (input, output) = (shell.stdin.take(), shell.stdout.take());
        Self { shell, input: input.expect("a pipe"), output: BufReader::new(output.expect("a pipe")) }
    }

    /// Types this, and gives what it printed.
    fn run(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}\nprintf '\\n{}%s\\n' \"$?\"", Self::DONE).expect("bash reads");
        let mut said = String::new();
        loop {
            let begin = said.len();
            assert!(self.output.read_line(&mut said).expect("text") > 0, "bash ended: {said}");
            if let Some(status) = said[begin..].strip_prefix(Self::DONE) {
                assert_eq!(status.trim(), "0", "{line}: {said}");
                return said[..begin].trim().to_owned();
            }
        }
    }

    /// The same for a line that prints JSON.
    fn json(&mut self, line: &str) -> Value {
        let said = self.run(line);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {line}: {said}"))
    }

    /// Sets a variable by hand.
    fn set(&mut self, name: &str, value: &Value) {
        let value = value.as_str().unwrap_or_else(|| panic!("{name} is {value}"));
        assert!(!value.contains('\''), "{value}");
        self.run(&format!("{name}='{value}'"));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

/// What the README's example sets first, and the command of each of its steps.
fn example(readme: &str) -> (String, Vec<String>) {
    let (_, section) = readme.split_once("\n## The API in ").expect("the section");
    let (_, block) = section.split_once("\n```sh\n").expect("its lines");
    let (block, _) = block.split_once("\n```").expect("their end");
    let mut parts = block.split("\n# ");
    let settings = parts.next().expect("the settings").to_owned();
    let steps: Vec<String> =
        parts.map(|step| step.split_once('\n').expect("a line below its comment").1.to_owned()).collect();
    (settings, steps)
}

#[test]
fn the_lines_of_the_readme_work_as_they_are_written() {
    let demo = Demo::start();
    let readme = tree::read("README.md");
    for theirs in ["127.0.0.1:8080", "127.0.0.1:9100"] {
        assert!(readme.contains(theirs), "the README does not name {theirs}");
    }
    let readme = readme.replace("127.0.0.1:8080", &demo.herald).replace("127.0.0.1:9100", &demo.sandbox);
    let (settings, steps) = example(&readme);
    let [start, open, confirm, wait, live, home, claim, verify, refresh, send, outcome, ledger] = &steps[..]
    else {
        panic!("the README has {} steps: {steps:#?}", steps.len())
    };

    let mut terminal = Terminal::open();
    terminal.run(&settings);
    let login = terminal.json(start);
    for (name, member) in [("ID", "id"), ("HOSTED_URL", "hosted_url"), ("SECRET", "claim_secret")] {
        terminal.set(name, &login[member]);
    }
    terminal.run(open);
    terminal.run(confirm);
    assert_eq!(terminal.json(wait)["status"], "confirmed");

    let mut other = Terminal::open();
    other.run(&settings);
    other.set("ID", &login["id"]);
    let live = live.clone();
    let live = thread::spawn(move || other.run(&live));

    let home = terminal.run(home);
    let home = url::Url::parse(&home).unwrap_or_else(|error| panic!("{error}: {home}"));
    let code = home.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    terminal.set("CODE", &code.into());
    let claimed = terminal.json(claim);
    terminal.set("SUBJECT", &claimed["subject"]);
    terminal.set("TOKEN", &claimed["session"]["access_token"]);
    terminal.set("REFRESH", &claimed["session"]["refresh_token"]);
    let live = live.join().expect("the other terminal goes on");
    assert!(live.contains("event: login") && live.contains("\"status\":\"claimed\""), "{live}");

    let verified = terminal.json(verify);
    assert_eq!((&verified["active"], &verified["subject"]), (&Value::from(true), &claimed["subject"]));
    assert_ne!(terminal.json(refresh)["refresh_token"], claimed["session"]["refresh_token"]);
    let notification = terminal.json(send);
    assert_eq!(notification["status"], "sent", "{notification}");
    terminal.set("NOTIFICATION", &notification["id"]);
    assert_eq!(terminal.json(outcome)["attempts"][0]["status"], "sent");
    assert_eq!(terminal.json(ledger)["items"].as_array().map(Vec::len), Some(1));
    terminal.run("rm -- $JAR");
}
