//! Files of a tmpfs beside a model in memory.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use fastrand::Rng;

use super::{Outcome, at, bytes, same};
use crate::worker::Context;

const MAX_BYTES: usize = 80_000;

/// The model: names and what stands in the files.
type Model = BTreeMap<String, Vec<u8>>;

/// Random operations on a directory, each checked against the model.
pub(super) fn model(rng: &mut Rng, context: &Context) -> Outcome {
    let dir = context.dir.join("model");
    fs::create_dir(&dir).map_err(at("mkdir"))?;
    let mut model = Model::new();
    for _ in 0..rng.usize(1..120) {
        operate(rng, &dir, &mut model)?;
    }
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(&dir).map_err(at("readdir"))? {
        names.push(entry.map_err(at("readdir"))?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    same("names", names.iter().eq(model.keys()), true)?;
    for (name, wanted) in &model {
        let found = fs::read(dir.join(name)).map_err(at("read"))?;
        same("a file's bytes", &found == wanted, true)?;
    }
    fs::remove_dir_all(&dir).map_err(at("remove"))
}

fn operate(rng: &mut Rng, dir: &Path, model: &mut Model) -> Outcome {
    let name = format!("f{}", rng.u8(..6));
    let path = dir.join(&name);
    match rng.u8(..9) {
        0 => create(&path, &name, model),
        1..=3 => with_file(&path, model.get_mut(&name), |file, data| write(rng, file, data)),
        4 => with_file(&path, model.get_mut(&name), |file, data| read(rng, file, data)),
        5 => with_file(&path, model.get_mut(&name), |file, data| {
            let len = rng.usize(..MAX_BYTES);
            data.resize(len, 0);
            file.set_len(len as u64).map_err(at("ftruncate"))
        }),
        6 => remove(&path, &name, model),
        7 => rename(&path, &name, dir, &format!("f{}", rng.u8(..6)), model),
        _ => unlinked(rng, dir),
    }
}

fn create(path: &PathBuf, name: &str, model: &mut Model) -> Outcome {
    let made = File::create_new(path).map(drop).map_err(|e| e.kind());
    let wanted = if model.contains_key(name) { Err(ErrorKind::AlreadyExists) } else { Ok(()) };
    model.entry(name.to_owned()).or_default();
    same("create", made, wanted)
}

fn with_file(path: &PathBuf, data: Option<&mut Vec<u8>>, work: impl FnOnce(&File, &mut Vec<u8>) -> Outcome) -> Outcome {
    let file = OpenOptions::new().read(true).write(true).open(path);
    match (file, data) {
        (Ok(file), Some(data)) => {
            work(&file, data)?;
            same("length", file.metadata().map_err(at("fstat"))?.len(), data.len() as u64)
        }
        (Err(e), None) => same("open", e.kind(), ErrorKind::NotFound),
        (file, data) => Err(format!("open: {:?}, in the model: {}", file.map(drop), data.is_some())),
    }
}

fn write(rng: &mut Rng, file: &File, data: &mut Vec<u8>) -> Outcome {
    let (start, len) = (rng.usize(..MAX_BYTES), rng.usize(..20_000));
    let new = bytes(rng, len);
    file.write_all_at(&new, start as u64).map_err(at("pwrite"))?;
    if !new.is_empty() {
        // What lies between the old end and the new bytes is a hole of zeros.
        data.resize(data.len().max(start + new.len()), 0);
        data[start..start + new.len()].copy_from_slice(&new);
    }
    Ok(())
}

fn read(rng: &mut Rng, file: &File, data: &[u8]) -> Outcome {
    let (start, len) = (rng.usize(..MAX_BYTES), rng.usize(1..20_000));
    let mut buffer = vec![0; len];
    let count = file.read_at(&mut buffer, start as u64).map_err(at("pread"))?;
    let wanted = data.get(start..data.len().min(start + len)).unwrap_or_default();
    same("pread", &buffer[..count] == wanted, true)
}

fn remove(path: &PathBuf, name: &str, model: &mut Model) -> Outcome {
    let removed = fs::remove_file(path).map_err(|e| e.kind());
    let wanted = model.remove(name).map(drop).ok_or(ErrorKind::NotFound);
    same("unlink", removed, wanted)
}

fn rename(path: &PathBuf, name: &str, dir: &Path, other: &str, model: &mut Model) -> Outcome {
    let renamed = fs::rename(path, dir.join(other)).map_err(|e| e.kind());
    let wanted = match model.remove(name) {
        Some(data) => {
            model.insert(other.to_owned(), data);
            Ok(())
        }
        None => Err(ErrorKind::NotFound),
    };
    same("rename", renamed, wanted)
}

/// A file without a name lives as long as it is open; a second name keeps it, too.
fn unlinked(rng: &mut Rng, dir: &Path) -> Outcome {
    let (first, second) = (dir.join("first"), dir.join("second"));
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&first).map_err(at("create"))?;
    fs::hard_link(&first, &second).map_err(at("link"))?;
    same("two names", file.metadata().map_err(at("fstat"))?.nlink(), 2)?;
    fs::remove_file(&first).map_err(at("unlink"))?;
    fs::remove_file(&second).map_err(at("unlink"))?;
    let len = rng.usize(1..30_000);
    let wanted = bytes(rng, len);
    file.write_all_at(&wanted, 0).map_err(at("pwrite"))?;
    let mut found = vec![0; len];
    file.read_exact_at(&mut found, 0).map_err(at("pread"))?;
    same("no name", file.metadata().map_err(at("fstat"))?.nlink(), 0)?;
    same("an unlinked file's bytes", found == wanted, true)
}
