//! The objects of a stream, one by one: JSON as `kubectl get -o json` prints it, a list or one object behind the other,
//! or YAML documents. Of a list no more than one item is in memory.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use serde_core::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest;
use crate::source::Source;
use crate::yaml::{self, schema::Schema};

/// The most bytes of one object: etcd takes 1.5 MiB.
const OBJECT: usize = 16 << 20;

/// The most values in one object.
const NODES: usize = 2_000_000;

/// A reader that ends with an error where one object is endless.
#[derive(Debug)]
struct Bounded<R> {
    inner: R,
    /// What the object that is being read may still have.
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(read);
        self.left.set(left.ok_or_else(|| io::Error::other(format!("one object has more than {OBJECT} bytes")))?);
        Ok(read)
    }
}

/// Hands every object of a stream to `take`, in its order; `name` is what messages call the stream.
///
/// # Errors
/// `unreadable`, for what is neither JSON nor YAML, holds no object or what is none, or cannot be read on: who audits
/// what kubectl could not list must not hear that all is well. What came before was handed over.
pub fn objects(name: &str, from: impl Read, mut take: impl FnMut(&Json)) -> Result<(), Vec<Diagnostic>> {
    let left = Rc::new(Cell::new(OBJECT));
    let mut reader = BufReader::with_capacity(1 << 16, Bounded { inner: from, left: Rc::clone(&left) });
    let first = first_byte(&mut reader).map_err(|error| vec![unreadable(name, &error.to_string())])?;
    match first {
        None => Err(vec![unreadable(name, NOTHING)]),
        Some(b'{' | b'[') => json(reader, &left, &mut take).map_err(|error| vec![unreadable(name, &error.to_string())]),
        Some(_) => documents(name, reader, &left, &mut take),
    }
}

/// Not even an empty list.
const NOTHING: &str = "there is nothing in it";

/// Hands `object` to `take` if it is one of Kubernetes'.
fn hand_over(object: &Json, take: &mut impl FnMut(&Json)) -> Result<(), String> {
    check(object)?;
    take(object);
    Ok(())
}

/// Every object has a kind. What the API server says instead of one is a `Status`.
fn check(object: &Json) -> Result<(), String> {
    match object.get("kind").and_then(Json::as_str) {
        Some("Status") => {
            let said = object.get("message").and_then(Json::as_str).unwrap_or("without a message");
            Err(format!("the API server answered with a Status: {said}"))
        }
        Some(kind) if !kind.is_empty() => Ok(()),
        _ => Err("this is no object with a `kind`".to_owned()),
    }
}

fn unreadable(name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, format!("`{name}` cannot be read as Kubernetes objects: {why}"))
        .help("give it what `kubectl get vm,vmi,configmap -A -o json` prints")
}

/// The first byte that is no white space, left in the reader.
fn first_byte(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let first = buffer.get(blank).copied();
        reader.consume(blank);
        if first.is_some() {
            return Ok(first);
        }
    }
}

/// Values of JSON, one behind the other.
fn json(reader: impl Read, left: &Cell<usize>, take: &mut impl FnMut(&Json)) -> serde_json::Result<()> {
    let mut input = serde_json::Deserializer::from_reader(reader);
    let mut take = |object: &Json| {
        left.set(OBJECT);
        hand_over(object, take)
    };
    // `end` is an error where another value follows, and reads no byte of it.
    while input.end().is_err() {
        Value { take: &mut take }.deserialize(&mut input)?;
    }
    Ok(())
}

/// One object, or a list of them.
struct Value<'t, F> {
    take: &'t mut F,
}

impl<'de, F: FnMut(&Json) -> Result<(), String>> DeserializeSeed<'de> for Value<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&Json) -> Result<(), String>> Visitor<'de> for Value<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a Kubernetes object or a list of them")
    }

    /// A list's items are handed over as they come: `kind` may stand behind them.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut object = Map::new();
        let mut is_list = false;
        while let Some(name) = members.next_key::<String>()? {
            if name == "items" {
                is_list = true;
                members.next_value_seed(Items { take: &mut *self.take })?;
            } else {
                object.insert(name, members.next_value()?);
            }
        }
        let object = Json::Object(object);
        if is_list { check(&object) } else { (self.take)(&object) }.map_err(A::Error::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        Items { take: self.take }.visit_seq(items)
    }
}

/// The items of a list; `null` is none.
struct Items<'t, F> {
    take: &'t mut F,
}

impl<'de, F: FnMut(&Json) -> Result<(), String>> DeserializeSeed<'de> for Items<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&Json) -> Result<(), String>> Visitor<'de> for Items<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of Kubernetes objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<Json>()? {
            (self.take)(&item).map_err(A::Error::custom)?;
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// YAML documents, each read when its end is there.
fn documents(
    name: &str,
    mut reader: impl BufRead,
    left: &Cell<usize>,
    take: &mut impl FnMut(&Json),
) -> Result<(), Vec<Diagnostic>> {
    let mut text = String::new();
    let mut is_empty = true;
    loop {
        let start = text.len();
        let read = reader.read_line(&mut text).map_err(|error| vec![unreadable(name, &error.to_string())])?;
        let is_separator = text.get(start..).is_some_and(|line| line.trim_end() == "---" || line.starts_with("--- "));
        if read > 0 && !is_separator {
            continue;
        }
        let rest = text.split_off(start);
        is_empty &= !document(name, &text, take)?;
        left.set(OBJECT);
        if read == 0 {
            return if is_empty { Err(vec![unreadable(name, NOTHING)]) } else { Ok(()) };
        }
        text = rest;
    }
}

/// Whether there was anything in it: between two separators there may be nothing, or a comment.
fn document(name: &str, text: &str, take: &mut impl FnMut(&Json)) -> Result<bool, Vec<Diagnostic>> {
    let source = Source::new(name, text);
    let limits = yaml::Limits { bytes: OBJECT, nodes: NODES, ..yaml::Limits::default() };
    let wrong = |problem: &Diagnostic| {
        let found = unreadable(name, &format!("it is neither JSON nor YAML: {}", problem.message));
        vec![Diagnostic { at: problem.at.clone(), ..found }]
    };
    let documents = yaml::read(&source, &limits)
        .map_err(|problems| problems.first().map_or_else(|| vec![unreadable(name, NOTHING)], wrong))?;
    let mut is_there = false;
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        is_there = true;
        for object in manifest::objects(document) {
            let object = yaml::to_json(&object, Schema::Core, &source).map_err(|problem| wrong(&problem))?;
            hand_over(&object, take).map_err(|why| vec![unreadable(name, &why)])?;
        }
    }
    Ok(is_there)
}
