//! What has happened, as it is known whatever becomes of the process: a file of lines, each of which is on the disk before
//! anything else happens.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use moss_graph::ThreadId;

use crate::process::say;

/// Something that has happened on a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A task has run, and its node is about to give back what it wrote.
    Ran(String),
    /// What a task wrote is stored, though others of its superstep may still run, says the engine.
    Kept(String),
    /// The effect happens now, with this receipt.
    Paid(String),
    /// The effect has happened and is stored, says the engine, with this receipt.
    PaymentStored(String),
    /// A superstep is committed, says the engine.
    Committed(i64),
    /// The run is done.
    Done,
}

/// The file.
pub struct Journal {
    file: File,
    receipts: AtomicU32,
}

impl Journal {
    pub fn open(path: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        Self { file, receipts: AtomicU32::new(0) }
    }

    /// Writes a line in one write, so that a kill leaves no half of it, and says it to the parent, who kills behind some.
    pub fn note(&self, thread: Option<&ThreadId>, note: Note) {
        let line = format!("{} {note}", thread.unwrap());
        (&self.file).write_all(format!("{line}\n").as_bytes()).unwrap();
        self.file.sync_data().unwrap();
        say(&line);
    }

    /// A receipt that no other payment has.
    pub fn receipt(&self) -> String {
        format!("{}-{}", std::process::id(), self.receipts.fetch_add(1, Ordering::Relaxed))
    }
}

/// Reads what has been written behind a place in the file, and moves the place to its end.
pub fn read(path: &Path, place: &mut u64) -> Vec<(String, Note)> {
    let mut file = File::open(path).unwrap();
    file.seek(SeekFrom::Start(*place)).unwrap();
    let mut text = String::new();
    *place += file.read_to_string(&mut text).unwrap() as u64;
    let lines = text.lines().map(|line| {
        let (thread, note) = line.split_once(' ').unwrap();
        (thread.to_owned(), note.parse().unwrap())
    });
    lines.collect()
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ran(task) => write!(f, "ran {task}"),
            Self::Kept(task) => write!(f, "kept {task}"),
            Self::Paid(receipt) => write!(f, "paid {receipt}"),
            Self::PaymentStored(receipt) => write!(f, "payment-stored {receipt}"),
            Self::Committed(superstep) => write!(f, "committed {superstep}"),
            Self::Done => f.write_str("done"),
        }
    }
}

impl FromStr for Note {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        Ok(match word {
            "ran" => Self::Ran(rest.to_owned()),
            "kept" => Self::Kept(rest.to_owned()),
            "paid" => Self::Paid(rest.to_owned()),
            "payment-stored" => Self::PaymentStored(rest.to_owned()),
            "committed" => Self::Committed(rest.parse().map_err(|_| text.to_owned())?),
            "done" => Self::Done,
            _ => return Err(text.to_owned()),
        })
    }
}
