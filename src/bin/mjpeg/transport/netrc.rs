//! The `.netrc` format: users and passwords by host.
//!
//! ```text
//! machine HOST login USER password PASSWORD
//! default      login USER password PASSWORD
//! ```
//!
//! Words are separated by blanks and line ends; a word may be in double quotes. `account` is ignored, and
//! `macdef` up to the next empty line.

use super::credentials::Credentials;

/// The entry for `host`, else the default one.
pub fn find(text: &str, host: &str) -> Option<Credentials> {
    let mut rest = text;
    let mut entry: Option<Entry> = None;
    let mut fallback = None;
    while let Some(keyword) = word(&mut rest) {
        match &keyword[..] {
            "machine" | "default" => {
                if let Some(found) = entry.take().and_then(|entry| entry.credentials(host, &mut fallback)) {
                    return Some(found);
                }
                let machine = if keyword == "machine" { word(&mut rest) } else { None };
                entry = Some(Entry { machine, ..Entry::default() });
            }
            "login" => entry.get_or_insert_default().login = word(&mut rest),
            "password" => entry.get_or_insert_default().password = word(&mut rest),
            "account" => drop(word(&mut rest)),
            "macdef" => {
                let end = ["\n\n", "\r\n\r\n"].iter().filter_map(|blank| rest.find(blank)).min();
                rest = end.map_or("", |end| &rest[end..]);
            }
            _ => {}
        }
    }
    entry.and_then(|entry| entry.credentials(host, &mut fallback)).or(fallback)
}

#[derive(Default)]
struct Entry {
    /// `None`: the default entry.
    machine: Option<String>,
    login: Option<String>,
    password: Option<String>,
}

impl Entry {
    /// The credentials, if the entry is for `host`. The default entry becomes the fallback.
    fn credentials(self, host: &str, fallback: &mut Option<Credentials>) -> Option<Credentials> {
        let credentials = Credentials::new(self.login?, self.password.unwrap_or_default());
        match self.machine {
            Some(machine) => machine.eq_ignore_ascii_case(host).then_some(credentials),
            None => {
                fallback.get_or_insert(credentials);
                None
            }
        }
    }
}

/// Takes the next word. A `#` at the start of a word comments out the rest of its line.
fn word(rest: &mut &str) -> Option<String> {
    loop {
        *rest = rest.trim_start();
        let Some(comment) = rest.strip_prefix('#') else { break };
        *rest = comment.find('\n').map_or("", |end| &comment[end..]);
    }
    if rest.is_empty() {
        return None;
    }
    if let Some(quoted) = rest.strip_prefix('"') {
        let mut word = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    *rest = &quoted[at + 1..];
                    return Some(word);
                }
                '\\' => word.extend(chars.next().map(|(_, escaped)| escaped)),
                c => word.push(c),
            }
        }
        *rest = "";
        return Some(word);
    }
    let (word, behind) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    *rest = behind;
    Some(word.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_the_host_counts_and_then_the_default() {
        let text = "# cameras\nmachine cam1 login a password \"p q\\\"\"\nmacdef init\ncd /\n\n\
            machine cam2\n\tlogin b\n\taccount x\n\tpassword p#2\ndefault login guest password none\n";
        assert_eq!(find(text, "cam1"), Some(Credentials::new("a", "p q\"")));
        assert_eq!(find(text, "CAM2"), Some(Credentials::new("b", "p#2")));
        assert_eq!(find(text, "other"), Some(Credentials::new("guest", "none")));
        assert_eq!(find("machine cam1 login a password p", "other"), None);
        assert_eq!(find("machine cam1 password p", "cam1"), None);
        assert_eq!(find("machine", "cam1"), None);
    }
}
