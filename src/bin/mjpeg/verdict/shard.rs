//! `--shard K/N`: the part of the targets that this run is for.

use std::env::{self, VarError};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use mjpeg::http::decimal;

use crate::usage::Usage;

/// Variables that number the tasks of a job: their names, their lowest number, and whose they are.
const VARIABLES: [(&str, u32, &str); 2] =
    [("SLURM_ARRAY_TASK_ID", 1, "Slurm"), ("JOB_COMPLETION_INDEX", 0, "Kubernetes")];

/// A shard as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed {
    /// Counts from 1; `None`: `auto`.
    number: Option<NonZeroU32>,
    count: NonZeroU32,
}

/// One of `count` shards. Each target is in one of them. In which one depends only on its name and the count, so it stays there
/// when other targets come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Counts from 1.
    number: u32,
    count: u32,
}

impl Typed {
    /// The shard that is meant. `auto` looks into the environment.
    ///
    /// # Errors
    ///
    /// When the environment has no usable number.
    pub fn resolve(self) -> Result<Shard, Usage> {
        self.resolve_with(|name| env::var(name)).map_err(Usage::value)
    }

    fn resolve_with(self, variable: impl Fn(&str) -> Result<String, VarError>) -> Result<Shard, String> {
        let count = self.count.get();
        if let Some(number) = self.number {
            return Ok(Shard { number: number.get(), count });
        }
        for (name, lowest, owner) in VARIABLES {
            let value = match variable(name) {
                Ok(value) => value,
                Err(VarError::NotPresent) => continue,
                Err(VarError::NotUnicode(_)) => return Err(format!("--shard auto: {name} is no number")),
            };
            let Some(task) = decimal::<u32>(&value) else {
                return Err(format!("--shard auto: {name} is {value:?}, which is no number"));
            };
            return match task.checked_sub(lowest) {
                Some(index) if index < count => Ok(Shard { number: index + 1, count }),
                _ => Err(format!(
                    "--shard auto/{count}: {name} is {task}; the tasks of {owner} must have the numbers {lowest} to {}",
                    count - 1 + lowest
                )),
            };
        }
        let [(slurm, ..), (kubernetes, ..)] = VARIABLES;
        Err(format!(
            "--shard auto: neither {slurm} nor {kubernetes} is set; outside of a job use --shard K/{count}"
        ))
    }
}

impl Shard {
    /// Whether the target of this name is in it.
    pub fn contains(self, name: &str) -> bool {
        // The upper bits of the product spread the hash over the count without a division's bias.
        let shard = (u128::from(hash(name.as_bytes())) * u128::from(self.count)) >> 64;
        shard == u128::from(self.number - 1)
    }
}

/// `3/8`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Typed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "a shard is K/N with K from 1 to N, or auto/N";
        let (number, count) = text.split_once('/').ok_or(form)?;
        let parsed = |text: &str| decimal::<NonZeroU32>(text).ok_or_else(|| form.to_string());
        let count = parsed(count)?;
        let number = if number == "auto" { None } else { Some(parsed(number)?) };
        match number {
            Some(number) if number > count => Err(format!("{form}; {number} is more than {count}")),
            _ => Ok(Self { number, count }),
        }
    }
}

/// FNV-1a with 64 bits, then the last step of MurmurHash3, which spreads the last bytes over all bits. It must stay the same in
/// all versions: the machines of a fleet are not updated at one time.
fn hash(bytes: &[u8]) -> u64 {
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, variables: &[(&str, &str)]) -> Result<Shard, String> {
        let typed: Typed = text.parse()?;
        typed.resolve_with(|name| {
            let found = variables.iter().find(|(its, _)| *its == name);
            found.map(|(_, value)| (*value).to_string()).ok_or(VarError::NotPresent)
        })
    }

    #[test]
    fn each_target_is_in_one_shard_and_the_shards_are_of_one_size() {
        for count in [1, 2, 7, 64] {
            let mut sizes = vec![0; count as usize];
            for n in 0..6400 {
                let name = format!("http://10.0.{}.{}/video.mjpg", n / 256, n % 256);
                let its: Vec<u32> =
                    (1..=count).filter(|&number| Shard { number, count }.contains(&name)).collect();
                assert_eq!(its.len(), 1, "{name} of {count}");
                sizes[its[0] as usize - 1] += 1;
            }
            let mean = 6400 / count;
            assert!(sizes.iter().all(|size| (mean / 2..=mean * 2).contains(size)), "{count}: {sizes:?}");
        }
    }

    #[test]
    fn the_shard_of_a_target_is_the_same_in_all_versions() {
        assert_eq!(hash(b""), 0xefd0_1f60_ba99_2926);
        let shard = |name: &str| (1..=8).find(|&number| Shard { number, count: 8 }.contains(name));
        assert_eq!(["front", "back", "http://cam/"].map(shard), [Some(7), Some(6), Some(2)]);
    }

    #[test]
    fn jobs_number_their_tasks() {
        let shard = |number, count| Ok(Shard { number, count });
        assert_eq!(resolved("3/8", &[("SLURM_ARRAY_TASK_ID", "5")]), shard(3, 8));
        assert_eq!(resolved("auto/8", &[("SLURM_ARRAY_TASK_ID", "8")]), shard(8, 8));
        assert_eq!(resolved("auto/8", &[("JOB_COMPLETION_INDEX", "0")]), shard(1, 8));
        for (text, variables, why) in [
            ("auto/8", &[][..], "neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set"),
            (
                "auto/8",
                &[("SLURM_ARRAY_TASK_ID", "0")],
                "is 0; the tasks of Slurm must have the numbers 1 to 8",
            ),
            ("auto/8", &[("SLURM_ARRAY_TASK_ID", "9")], "numbers 1 to 8"),
            ("auto/8", &[("JOB_COMPLETION_INDEX", "8")], "numbers 0 to 7"),
            ("auto/8", &[("JOB_COMPLETION_INDEX", "x")], "\"x\", which is no number"),
            ("auto/8", &[("JOB_COMPLETION_INDEX", "+1")], "\"+1\", which is no number"),
            ("0/8", &[], "K from 1"),
            ("9/8", &[], "9 is more than 8"),
            ("1/0", &[], "K/N"),
            ("+1/8", &[], "K/N"),
            ("1", &[], "K/N"),
            ("/8", &[], "K/N"),
            ("auto", &[], "K/N"),
        ] {
            let error = resolved(text, variables).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
