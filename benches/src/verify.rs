//! FlatBuffers' own verifier for the store's answers in text rows, as its compiler would write the calls.

use flatbuffers::{
    ForwardsUOffset, InvalidFlatbuffer, VOffsetT, Vector, Verifiable, Verifier, VerifierOptions,
};

/// Checks a whole message, as a reader must that relies on the generated accessors.
pub(crate) fn verify(message: &[u8]) -> Result<(), InvalidFlatbuffer> {
    // By default a message may hold a million tables: 140 thousand rows of six columns.
    let options = VerifierOptions { max_tables: usize::MAX, ..VerifierOptions::default() };
    ForwardsUOffset::<HttpMessage>::run_verifier(&mut Verifier::new(&options, message), 0)
}

const RESULT_SET: u8 = 2;

const fn slot(number: VOffsetT) -> VOffsetT {
    4 + 2 * number
}

type Tables<'a, T> = ForwardsUOffset<Vector<'a, ForwardsUOffset<T>>>;

struct HttpMessage;
struct HttpResultSet;
struct HttpRow;
struct HttpColumnValue;

impl Verifiable for HttpMessage {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier
            .visit_table(at)?
            .visit_field::<u32>("message_id", slot(0), false)?
            .visit_union::<u8, _>("command_type", slot(1), "command", slot(2), false, |tag, verifier, at| {
                match tag {
                    RESULT_SET => verifier.verify_union_variant::<ForwardsUOffset<HttpResultSet>>(
                        "HttpCommand::HttpResultSet",
                        at,
                    ),
                    _ => Ok(()),
                }
            })?
            .visit_field::<ForwardsUOffset<&str>>("connection_id", slot(3), false)?
            .finish();
        Ok(())
    }
}

impl Verifiable for HttpResultSet {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier
            .visit_table(at)?
            .visit_field::<Tables<'_, &str>>("columns", slot(0), false)?
            .visit_field::<Tables<'_, HttpRow>>("rows", slot(1), false)?
            .finish();
        Ok(())
    }
}

impl Verifiable for HttpRow {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier
            .visit_table(at)?
            .visit_field::<Tables<'_, HttpColumnValue>>("values", slot(0), false)?
            .finish();
        Ok(())
    }
}

impl Verifiable for HttpColumnValue {
    fn run_verifier(verifier: &mut Verifier<'_, '_>, at: usize) -> Result<(), InvalidFlatbuffer> {
        verifier
            .visit_table(at)?
            .visit_field::<ForwardsUOffset<&str>>("string_value", slot(0), false)?
            .finish();
        Ok(())
    }
}
