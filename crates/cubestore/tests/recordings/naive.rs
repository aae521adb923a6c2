//! A reader of text rows that is too simple to be wrong, for messages that FlatBuffers' verifier has passed.

use flatbuffers::{ForwardsUOffset, InvalidFlatbuffer, Vector, Verifiable, Verifier, VerifierOptions};

use super::Rows;

struct Message;
struct ResultSet;
struct Row;
struct Value;

impl Verifiable for Message {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier
            .visit_table(at)?
            .visit_field::<u32>("message_id", 4, false)?
            .visit_field::<u8>("command_type", 6, true)?
            .visit_field::<ForwardsUOffset<ResultSet>>("command", 8, true)?
            .visit_field::<ForwardsUOffset<&str>>("connection_id", 10, false)?
            .finish();
        Ok(())
    }
}

impl Verifiable for ResultSet {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier
            .visit_table(at)?
            .visit_field::<ForwardsUOffset<Vector<'_, ForwardsUOffset<&str>>>>("columns", 4, false)?
            .visit_field::<ForwardsUOffset<Vector<'_, ForwardsUOffset<Row>>>>("rows", 6, false)?
            .finish();
        Ok(())
    }
}

impl Verifiable for Row {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier
            .visit_table(at)?
            .visit_field::<ForwardsUOffset<Vector<'_, ForwardsUOffset<Value>>>>("values", 4, false)?
            .finish();
        Ok(())
    }
}

impl Verifiable for Value {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier.visit_table(at)?.visit_field::<ForwardsUOffset<&str>>("string_value", 4, false)?.finish();
        Ok(())
    }
}

/// Whether FlatBuffers' verifier accepts a message as a result set.
pub(super) fn is_verified(bytes: &[u8]) -> bool {
    let options = VerifierOptions { max_tables: 10_000_000, ..VerifierOptions::default() };
    <ForwardsUOffset<Message>>::run_verifier(&mut Verifier::new(&options, bytes), 0).is_ok()
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes")))
}

/// Where the field with this vtable offset leads.
fn field(bytes: &[u8], table: usize, entry: usize) -> Option<usize> {
    let distance = i32::from_le_bytes(bytes[table..table + 4].try_into().expect("four bytes"));
    let vtable = usize::try_from(table as i64 - i64::from(distance)).expect("it was verified");
    let offset = if entry < u16_at(bytes, vtable) { u16_at(bytes, vtable + entry) } else { 0 };
    (offset != 0).then(|| table + offset + u32_at(bytes, table + offset))
}

fn elements(bytes: &[u8], vector: Option<usize>) -> Vec<usize> {
    let Some(vector) = vector else { return Vec::new() };
    let element = |index| vector + 4 + 4 * index;
    (0..u32_at(bytes, vector)).map(|index| element(index) + u32_at(bytes, element(index))).collect()
}

fn string(bytes: &[u8], at: usize) -> String {
    let text = &bytes[at + 4..at + 4 + u32_at(bytes, at)];
    String::from_utf8(text.to_vec()).expect("it was verified")
}

/// The rows of a result set.
pub(super) fn rows(bytes: &[u8]) -> Rows {
    let set = field(bytes, u32_at(bytes, 0), 8).expect("a command");
    let row = |row| {
        let values = elements(bytes, field(bytes, row, 4));
        values.into_iter().map(|value| field(bytes, value, 4).map(|at| string(bytes, at))).collect()
    };
    elements(bytes, field(bytes, set, 6)).into_iter().map(row).collect()
}
