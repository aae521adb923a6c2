//! Dictionaries are read as the values that they stand for, and numbers that point elsewhere are refused.

use arrow_array::{Int8Array, UInt64Array};
use arrow_ipc::writer::DictionaryHandling;

use super::{
    super::{MAX_BYTES, dictionaries::MAX_VALUES},
    *,
};

pub(super) fn dictionary(values: &[&str], numbers: Vec<Option<i32>>) -> ArrayRef {
    let values = Arc::new(StringArray::from(values.to_vec()));
    Arc::new(DictionaryArray::new(Int32Array::from(numbers), values))
}

fn texts(values: &[Option<&str>]) -> RecordBatch {
    one(Arc::new(StringArray::from(values.to_vec())))
}

#[test]
fn dictionaries_are_read_as_their_values() {
    let rows = one(dictionary(&["a", "b"], vec![Some(1), None, Some(0), Some(1)]));
    let expected = texts(&[Some("b"), None, Some("a"), Some("b")]);
    assert_eq!(read(&messages(&rows)), Ok(Some(expected)));

    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
    for pointed in [
        Arc::new(DictionaryArray::new(UInt64Array::from(vec![1, 0]), numbers.clone())) as ArrayRef,
        Arc::new(DictionaryArray::new(Int8Array::from(vec![1, 0]), numbers)),
    ] {
        assert_eq!(read(&messages(&one(pointed))), Ok(Some(one(Arc::new(Int64Array::from(vec![8, 7]))))));
    }

    // Where there is NULL any number may stand.
    let anything = Int32Array::new(vec![1, -64, 7].into(), Some(vec![true, false, false].into()));
    let rows = one(Arc::new(DictionaryArray::new(anything, Arc::new(StringArray::from(vec!["a", "b"])))));
    assert_eq!(read(&messages(&rows)), Ok(Some(texts(&[Some("b"), None, None]))));

    // Nothing but NULLs needs no dictionary.
    let [schema, _, rows] = <[_; 3]>::try_from(messages(&one(dictionary(&["a"], vec![None])))).unwrap();
    assert_eq!(read(&[schema, rows]), Ok(Some(texts(&[None]))));
}

#[test]
fn dictionaries_grow_and_are_replaced() {
    let batches = [
        one(dictionary(&["a"], vec![Some(0)])),
        one(dictionary(&["a", "b"], vec![Some(1), Some(0)])),
        one(dictionary(&["c"], vec![Some(0)])),
    ];
    let delta = IpcWriteOptions::default().with_dictionary_handling(DictionaryHandling::Delta);
    let messages = written(&batches, &delta);
    let deltas = messages.iter().filter(|message| {
        let header = arrow_ipc::root_as_message(&message.data_header).unwrap();
        header.header_as_dictionary_batch().is_some_and(|dictionary| dictionary.isDelta())
    });
    assert_eq!(deltas.count(), 1);
    assert_eq!(read(&messages), Ok(Some(texts(&[Some("a"), Some("b"), Some("a"), Some("c")]))));
}

#[test]
fn numbers_that_point_nowhere_are_refused() {
    let [schema, _, rows] =
        <[_; 3]>::try_from(messages(&one(dictionary(&["a", "b"], vec![Some(1)])))).unwrap();
    let short = messages(&one(dictionary(&["a"], vec![Some(0)]))).remove(1);
    for order in [vec![schema.clone(), short, rows.clone()], vec![schema.clone(), rows]] {
        let error = read(&order).unwrap_err();
        assert!(matches!(&error, IpcError::Malformed(why) if why.contains("out of bounds")), "{error}");
    }
    // Numbers below nothing, and texts in the place of numbers.
    let below = one(Arc::new(DictionaryArray::new(Int32Array::from(vec![0]), Arc::new(NullArray::new(1)))));
    let mut below = messages(&below);
    let body = below[2].data_body.iter().map(|_| 0xff).collect::<Vec<u8>>();
    below[2].data_body = Bytes::from(body);
    assert!(read(&below).is_err());
    let other = messages(&texts(&[Some("a")])).remove(1);
    assert!(read(&[schema, other]).is_err());
}

#[test]
fn dictionaries_are_no_larger_than_what_they_fill() {
    let long = "x".repeat(MAX_BYTES / 8 - 1);
    let fits = one(dictionary(&[&long], vec![Some(0); 8]));
    assert_eq!(read(&messages(&fits)).unwrap().unwrap().num_rows(), 8);
    let error = read(&messages(&one(dictionary(&[&long], vec![Some(0); 9]))));
    assert_eq!(error, Err(IpcError::TooManyBytes(MAX_BYTES)));

    let many = |count| {
        let values = Arc::new(BooleanArray::from(vec![true; count]));
        messages(&one(Arc::new(DictionaryArray::new(Int32Array::from(vec![0]), values))))
    };
    assert!(read(&many(MAX_VALUES)).is_ok());
    assert_eq!(read(&many(MAX_VALUES + 1)), Err(IpcError::TooManyValues));
}

#[test]
fn no_change_of_a_byte_brings_the_reader_of_dictionaries_down() {
    let good = messages(&one(dictionary(&["a", "b"], vec![Some(1), None])));
    assert!(refused_changes(&good) > 500);
}
