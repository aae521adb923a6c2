//! What is written down is read again as the same model.

use proptest::prelude::*;

use super::{
    file,
    fixtures::{all, parsed},
    generated::document,
};
use crate::{Model, parse::model, print};

fn assert_same(model: &Model) {
    let text = print::model(model).unwrap();
    let again = parsed(&[file(&text)]);
    assert!(model.cubes().eq(again.cubes()), "{text}");
    assert!(model.views().eq(again.views()), "{text}");
    assert_eq!(print::model(&again).unwrap(), text);
}

#[test]
fn fixtures_survive() {
    all().iter().for_each(|(_, files)| assert_same(&parsed(files)));
}

#[test]
fn a_model_of_every_key_survives() {
    assert_same(&parsed(&[file(include_str!("../../../tests/fixtures/everything.yml"))]));
}

proptest! {
    #[test]
    fn every_model_survives(document in document()) {
        let text = print::text(&document).unwrap();
        let model = model(&[file(&text)]).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        assert_same(&model);
    }
}
