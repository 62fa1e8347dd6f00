//! Writing JSON: what serde_json writes, byte for byte, with two things made quicker. Texts are looked through many bytes
//! at a time for what must be escaped; and what the limits are about is counted on the way, and not in a second one.

use std::cell::RefCell;
use std::fmt::Display;
use std::io;

use bytes::Bytes;
use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::ser::Formatter;

use super::BlobError;
use super::count::Count;

/// The room that a page begins with: most values are smaller.
const ROOM: usize = 4096;
/// The most room that is held for the next value.
const MOST_ROOM: usize = 64 << 10;
/// The room that is made behind a long text for what follows it, so that it need not be moved for that.
const BEHIND_TEXT: usize = 256;

thread_local! {
    /// Room to write in, so that a value's memory is taken when its length is known. Who writes takes it: a value within a value that is
    /// encoded on its own finds none, and makes some.
    static SPARE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A value as JSON, within the limits but for its size.
pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, BlobError> {
    let mut text = SPARE.take();
    text.clear();
    text.reserve(ROOM);
    let page = RefCell::new(Page { text, count: Count::new(), exceeds: None });
    let mut serializer = serde_json::Serializer::with_formatter(Pen(&page), Counting(&page));
    let written = Quick { inner: value, page: &page }.serialize(&mut serializer);
    let Page { text, exceeds, .. } = page.into_inner();
    let too_large = text.len() > super::MAX_BYTES;
    let kept = kept(text);
    written.map_err(BlobError::Encode)?;
    match exceeds {
        Some(error) if !too_large => Err(error),
        Some(_) | None => Ok(kept),
    }
}

/// A text as it is kept, in no more memory than it takes: there may be many, and for long. Its room is used again.
fn kept(mut text: Vec<u8>) -> Bytes {
    if text.capacity() <= MOST_ROOM {
        let kept = Bytes::copy_from_slice(&text);
        SPARE.set(text);
        return kept;
    }
    if text.capacity() - text.len() > text.len() / 8 {
        text.shrink_to_fit();
    }
    text.into()
}

/// What has been written. serde_json writes to it through a [`Pen`], and holds nothing back, so that texts can be put
/// there beside it.
struct Page {
    text: Vec<u8>,
    count: Count,
    /// The limit that was exceeded first.
    exceeds: Option<BlobError>,
}

impl Page {
    fn count(&mut self, count: impl FnOnce(&mut Count) -> Result<(), BlobError>) {
        if self.exceeds.is_none() {
            self.exceeds = count(&mut self.count).err();
        }
    }

    fn push_escaped(&mut self, text: &str) {
        if self.text.capacity() - self.text.len() <= text.len() {
            self.text.reserve(text.len() + BEHIND_TEXT);
        }
        let mut rest = text.as_bytes();
        loop {
            let (plain, special) = rest.split_at(plain(rest));
            self.text.extend_from_slice(plain);
            let Some((byte, behind)) = special.split_first() else { return };
            self.push_escape(*byte);
            rest = behind;
        }
    }

    fn push_escape(&mut self, byte: u8) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0c => b'f',
            b'\r' => b'r',
            _ => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                return self.text.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
        };
        self.text.extend_from_slice(&[b'\\', short]);
    }
}

/// How many bytes at the beginning stand for themselves in a JSON string.
fn plain(text: &[u8]) -> usize {
    // The less is left, the fewer are looked at together.
    let plain = plain_together::<64>(text);
    let plain = plain + plain_together::<16>(&text[plain..]);
    let rest = &text[plain..];
    plain + rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len())
}

/// How many bytes at the beginning are plain, as far as so many can be looked at together, without a branch between them.
fn plain_together<const BYTES: usize>(text: &[u8]) -> usize {
    let together = |bytes: &&[u8]| !bytes.iter().fold(false, |any, byte| any | is_special(*byte));
    text.chunks_exact(BYTES).take_while(together).count() * BYTES
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

struct Pen<'p>(&'p RefCell<Page>);

impl io::Write for Pen<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().text.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// serde_json's compact form, counted.
struct Counting<'p>(&'p RefCell<Page>);

impl Counting<'_> {
    fn begin<W: io::Write + ?Sized>(&self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().count(Count::open);
        writer.write_all(bracket)
    }

    fn end<W: io::Write + ?Sized>(&self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().count.close();
        writer.write_all(bracket)
    }

    fn next<W: io::Write + ?Sized>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        if first {
            return Ok(());
        }
        self.0.borrow_mut().count(Count::next);
        writer.write_all(b",")
    }
}

impl Formatter for Counting<'_> {
    fn begin_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }

    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.next(writer, first)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.next(writer, first)
    }

    fn write_raw_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.0.borrow_mut().count(|count| count.scan(fragment.as_bytes()));
        writer.write_all(fragment.as_bytes())
    }
}

/// Something with the page it is written to: a value, one of serde_json's serializers, or what it gives for the parts of a
/// value. All of it is serde_json's own, but for texts.
struct Quick<'p, T> {
    inner: T,
    page: &'p RefCell<Page>,
}

impl<T: Serialize + ?Sized> Serialize for Quick<'_, &T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(Quick { inner: serializer, page: self.page })
    }
}

impl<'p, T> Quick<'p, T> {
    const fn with<U>(&self, inner: U) -> Quick<'p, U> {
        Quick { inner, page: self.page }
    }
}

/// Methods that are serde_json's.
macro_rules! plain {
    ($($method:ident($($name:ident: $type:ty),*);)+) => {
        $(fn $method(self, $($name: $type),*) -> Result<S::Ok, S::Error> {
            self.inner.$method($($name),*)
        })+
    };
}

/// Methods that give something for the parts of a value.
macro_rules! compound {
    ($($method:ident($($name:ident: $type:ty),*) -> $part:ident;)+) => {
        $(fn $method(self, $($name: $type),*) -> Result<Self::$part, S::Error> {
            let page = self.page;
            self.inner.$method($($name),*).map(|inner| Quick { inner, page })
        })+
    };
}

impl<'p, S: Serializer> Serializer for Quick<'p, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Quick<'p, S::SerializeSeq>;
    type SerializeTuple = Quick<'p, S::SerializeTuple>;
    type SerializeTupleStruct = Quick<'p, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Quick<'p, S::SerializeTupleVariant>;
    type SerializeMap = Quick<'p, S::SerializeMap>;
    type SerializeStruct = Quick<'p, S::SerializeStruct>;
    type SerializeStructVariant = Quick<'p, S::SerializeStructVariant>;

    fn serialize_str(self, text: &str) -> Result<S::Ok, S::Error> {
        let before = self.page.borrow().text.len();
        let written = self.inner.serialize_str("")?;
        let mut page = self.page.borrow_mut();
        if page.text.len() == before {
            // Inside of a raw value: a text is the JSON itself.
            page.count(|count| count.scan(text.as_bytes()));
            page.text.extend_from_slice(text.as_bytes());
        } else {
            // Between the quotes.
            page.text.pop();
            page.push_escaped(text);
            page.text.push(b'"');
        }
        Ok(written)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.collect_str(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let value = self.with(value);
        self.inner.serialize_some(&value)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = self.with(value);
        self.inner.serialize_newtype_struct(name, &value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let value = self.with(value);
        self.inner.serialize_newtype_variant(name, index, variant, &value)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }

    plain! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_f32(value: f32);
        serialize_f64(value: f64);
        serialize_char(value: char);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    compound! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(
            name: &'static str, index: u32, variant: &'static str, length: usize
        ) -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, length: usize) -> SerializeStruct;
        serialize_struct_variant(
            name: &'static str, index: u32, variant: &'static str, length: usize
        ) -> SerializeStructVariant;
    }
}

/// The parts of a value: each is quick again.
macro_rules! parts {
    ($($trait:ident: $method:ident($($key:ident)?);)+) => {
        $(impl<S: $trait> $trait for Quick<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: &'static str,)?
                value: &T,
            ) -> Result<(), S::Error> {
                let value = self.with(value);
                self.inner.$method($($key,)? &value)
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        })+
    };
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStruct: serialize_field(key);
    SerializeStructVariant: serialize_field(key);
}

impl<S: SerializeMap> SerializeMap for Quick<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        // What may be a key, and how, is serde_json's affair.
        self.inner.serialize_key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        let value = self.with(value);
        self.inner.serialize_value(&value)
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}
