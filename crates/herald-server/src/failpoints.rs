//! `HERALD_KILL_AT=K6#37`: the process is killed, as by a power cut, at the 37th pass of the point `K6`. The points are those
//! of [`herald_core::failpoint`].

use herald_core::failpoint;
use rustix::process::{Signal, getpid, kill_process};

/// Names the point and the pass.
const VARIABLE: &str = "HERALD_KILL_AT";

/// Arms the point that the environment names, if it names one. The error says what the variable should look like.
pub fn arm() -> Result<(), String> {
    let Ok(text) = std::env::var(VARIABLE) else { return Ok(()) };
    let (point, pass) =
        parse(&text).ok_or_else(|| format!("{VARIABLE} is not of the form K6#37: {text:?}"))?;
    failpoint::arm(point, pass, kill);
    Ok(())
}

fn parse(text: &str) -> Option<(&str, u64)> {
    let (point, pass) = text.split_once('#')?;
    let is_point = point.strip_prefix(['K', 'L']).is_some_and(|number| number.parse::<u8>().is_ok());
    Some((point, pass.parse().ok().filter(|pass| is_point && *pass > 0)?))
}

fn kill() {
    // It cannot fail, and it does not come back.
    let _ = kill_process(getpid(), Signal::KILL);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_and_a_pass_are_read_and_nothing_else() {
        assert_eq!(parse("K6#37"), Some(("K6", 37)));
        assert_eq!(parse("L0#1"), Some(("L0", 1)));
        for bad in ["", "K6", "K6#", "K6#0", "K6#-1", "6#1", "K#1", "Kx#1"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
