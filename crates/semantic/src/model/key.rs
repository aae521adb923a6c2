//! Primary and foreign keys that callers may know of: what the model says, as far as all of its columns are shown.

use std::sync::Arc;

use crate::{
    model::{Cube, Dimension, Formula, Join, JoinPath, Model, Relationship},
    name::MemberName,
    template::{Piece, Template},
};

/// A declared join whose condition equates columns of one cube with the primary key of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The cube whose rows point.
    pub from: Arc<str>,
    /// The cube that they point to.
    pub to: Arc<str>,
    /// Columns of `from`, each with the part of the key of `to` that it equals, in the order of that key.
    pub columns: Vec<(MemberName, MemberName)>,
}

/// One side of an equation.
pub(super) enum Operand<'a> {
    /// A dimension, and the way to its cube from the one that the join is declared in.
    Member(&'a JoinPath, &'a MemberName),
    /// A column of a cube's own table.
    Stored(&'a str, &'a str),
}

/// What conditions of keys consist of.
#[derive(PartialEq)]
enum Token<'a> {
    Table(&'a str),
    Member(&'a JoinPath, &'a MemberName),
    Word(&'a str),
    Dot,
    Equals,
}

impl Model {
    /// The columns of a cube's primary key; none when one of them is not shown, since the others tell no rows apart.
    pub fn primary_key(&self, cube: &str) -> Vec<MemberName> {
        let key = self.cube(cube).into_iter().flat_map(Cube::primary_key);
        let shown = key.map(|dimension| self.shown(dimension)).collect::<Option<Vec<_>>>();
        shown.unwrap_or_default()
    }

    /// Every join that is a foreign key, in declaration order.
    pub fn foreign_keys(&self) -> Vec<ForeignKey> {
        let mut found = Vec::new();
        for cube in self.cubes() {
            for key in cube.joins.iter().filter_map(|join| self.foreign_key(cube, join)) {
                // A join may be declared on both sides.
                if !found.contains(&key) {
                    found.push(key);
                }
            }
        }
        found
    }

    /// Which of these equations the declared join from one cube to another is on, whatever their order and the order of
    /// their sides; `None` where it is on others as well.
    pub fn joined_by(&self, from: &str, to: &str, pairs: &[[&MemberName; 2]]) -> Option<Vec<bool>> {
        let declared = equations(&self.join(from, to)?.on)?;
        let same = |equation: &[Operand<'_>; 2], pair: &[&MemberName; 2]| {
            let [one, other] = equation;
            let [left, right] = pair;
            (self.is_operand(one, left) && self.is_operand(other, right))
                || (self.is_operand(one, right) && self.is_operand(other, left))
        };
        let are_all = declared.iter().all(|equation| pairs.iter().any(|pair| same(equation, pair)));
        let of_join = |pair: &[&MemberName; 2]| declared.iter().any(|equation| same(equation, pair));
        are_all.then(|| pairs.iter().map(of_join).collect())
    }

    /// True when a dimension is what stands on a side of an equation.
    fn is_operand(&self, side: &Operand<'_>, member: &MemberName) -> bool {
        let Some(dimension) = self.dimension(member) else { return false };
        let stored = || Some((member.table(), stored_in(dimension)?));
        match side {
            Operand::Stored(cube, column) => stored() == Some((*cube, *column)),
            Operand::Member(_, named) if *named == member => true,
            Operand::Member(_, named) => {
                let other = self.dimension(named).and_then(stored_in);
                named.table() == member.table() && other.is_some() && other == stored_in(dimension)
            }
        }
    }

    fn foreign_key(&self, cube: &Cube, join: &Join) -> Option<ForeignKey> {
        let (from, to) = match join.relationship {
            Relationship::ManyToOne | Relationship::OneToOne => (&cube.name, &join.to),
            Relationship::OneToMany => (&join.to, &cube.name),
        };
        let equations: Vec<_> = equations(&join.on)?
            .into_iter()
            .map(|sides| self.directed(sides, from, to))
            .collect::<Option<_>>()?;
        let key = self.primary_key(to);
        if key.is_empty() || key.len() != equations.len() {
            return None;
        }
        let pointing = |part: &MemberName| equations.iter().find(|(_, to)| to == part).cloned();
        let columns = key.iter().map(pointing).collect::<Option<_>>()?;
        Some(ForeignKey { from: from.clone(), to: to.clone(), columns })
    }

    /// The columns on both sides of an equation, that of `from` first.
    fn directed(&self, sides: [Operand<'_>; 2], from: &str, to: &str) -> Option<(MemberName, MemberName)> {
        let [one, other] = sides.map(|side| self.operand(&side));
        let (one, other) = (one?, other?);
        match (one.table(), other.table()) {
            tables if tables == (from, to) => Some((one, other)),
            tables if tables == (to, from) => Some((other, one)),
            _ => None,
        }
    }

    fn operand(&self, side: &Operand<'_>) -> Option<MemberName> {
        match side {
            Operand::Member(_, member) => self.shown(self.dimension(member)?),
            Operand::Stored(cube, column) => {
                let of_column = |dimension: &&Dimension| stored_in(dimension) == Some(column);
                let dimensions = self.cube(cube)?.dimensions.values().filter(of_column);
                let shown = dimensions.filter(|dimension| self.shown(dimension).is_some());
                shown.min_by_key(|dimension| !dimension.primary_key).map(|dimension| dimension.name.clone())
            }
        }
    }

    fn shown(&self, dimension: &Dimension) -> Option<MemberName> {
        self.column(&dimension.name).map(|column| column.member.clone())
    }
}

/// The column that a dimension is, when it is one as it is stored.
pub(super) fn stored_in(dimension: &Dimension) -> Option<&str> {
    let Formula::Sql(sql) = &dimension.formula else { return None };
    match tokens(&sql.sql)?.as_slice() {
        [Token::Table(cube), Token::Dot, Token::Word(column)] if *cube == dimension.name.table() => {
            Some(column)
        }
        [Token::Word(column)] => Some(column),
        _ => None,
    }
}

/// The equations of a condition that is nothing but equations joined by AND.
pub(super) fn equations(condition: &Template) -> Option<Vec<[Operand<'_>; 2]>> {
    let tokens = tokens(condition)?;
    let is_and = |token: &Token<'_>| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("and"));
    let parts = tokens.split(is_and).map(|part| {
        let mut sides = part.split(|token| *token == Token::Equals).map(operand);
        let equation = [sides.next()??, sides.next()??];
        sides.next().is_none().then_some(equation)
    });
    parts.collect()
}

fn operand<'a>(tokens: &[Token<'a>]) -> Option<Operand<'a>> {
    match tokens {
        [Token::Member(path, member)] => Some(Operand::Member(path, member)),
        [Token::Table(cube), Token::Dot, Token::Word(column)] => Some(Operand::Stored(cube, column)),
        _ => None,
    }
}

/// A template in tokens; `None` when it has others.
fn tokens(template: &Template) -> Option<Vec<Token<'_>>> {
    let mut found = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Table(cube) => found.push(Token::Table(cube)),
            Piece::Member { path, member } => found.push(Token::Member(path, member)),
            Piece::Text(text) => words(text, &mut found)?,
            Piece::Source(_) | Piece::Context(_) => return None,
        }
    }
    Some(found)
}

fn words<'a>(text: &'a str, out: &mut Vec<Token<'a>>) -> Option<()> {
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, behind) = match first {
            '.' => (Token::Dot, &rest[1..]),
            '=' => (Token::Equals, &rest[1..]),
            '"' => rest[1..].split_once('"').map(|(word, behind)| (Token::Word(word), behind))?,
            _ => {
                let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
                let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
                (!word.is_empty()).then_some((Token::Word(word), behind))?
            }
        };
        out.push(token);
        rest = behind.trim_start();
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::{
        model::Model,
        name::MemberName,
        parse::{SourceFile, model},
    };
    use expect_test::{Expect, expect};

    const COLUMNS: &str = "
    dimensions:
      - { name: id, sql: id, type: number, primary_key: true, public: true }
      - { name: user, sql: '{CUBE}.user_id', type: number }
      - { name: region, sql: region_id, type: number }
      - { name: hidden, sql: hidden_id, type: number, public: false }
";

    fn read(text: String) -> Model {
        model(&[SourceFile { path: "m.yml".to_owned(), text }]).unwrap()
    }

    /// Two cubes, of which `a` has a join to `b`.
    fn joined(relationship: &str, on: &str) -> Model {
        read(format!(
            "cubes:
  - name: a
    sql_table: a
    joins:
      - {{ name: b, relationship: {relationship}, sql: \"{on}\" }}{COLUMNS}
  - name: b
    sql_table: b{COLUMNS}"
        ))
    }

    fn check(relationship: &str, on: &str, expect: Expect) {
        let model = joined(relationship, on);
        let equal = |(from, to): &(_, _)| format!("{from} -> {to}");
        let keys = model.foreign_keys();
        let keys = keys.iter().map(|key| key.columns.iter().map(equal).collect::<Vec<_>>().join(", "));
        expect.assert_eq(&keys.collect::<Vec<_>>().join("; "));
    }

    #[test]
    fn a_join_on_the_key_of_the_other_side_is_a_foreign_key() {
        let key = || expect!["a.user -> b.id"];
        check("many_to_one", "{CUBE}.user_id = {b}.id", key());
        check("many_to_one", "{CUBE.user} = {b.id}", key());
        check("many_to_one", "{b}.\\\"id\\\"={user}", key());
        check("one_to_one", "{CUBE}.user_id = {b.id}", key());
        check("one_to_many", "{CUBE}.id = {b}.user_id", expect!["b.user -> a.id"]);
    }

    #[test]
    fn a_join_is_recognized_by_its_equations() {
        let on = "{CUBE}.user_id = {b}.id AND {b.region} = {CUBE}.region_id";
        let model = joined("one_to_many", on);
        let name = |text: &str| MemberName::parse(text).unwrap();
        let [user, region, id, other] = ["a.user", "a.region", "b.id", "b.region"].map(name);
        let all = Some(vec![true, true]);
        assert_eq!(model.joined_by("a", "b", &[[&user, &id], [&region, &other]]), all);
        assert_eq!(model.joined_by("a", "b", &[[&other, &region], [&id, &user]]), all);
        for pairs in [vec![[&user, &id]], vec![[&user, &other], [&region, &id]], vec![]] {
            assert_eq!(model.joined_by("a", "b", &pairs), None, "{pairs:?}");
        }
        let more = [[&user, &id], [&user, &other], [&region, &other]];
        assert_eq!(model.joined_by("a", "b", &more), Some(vec![true, false, true]));
        assert_eq!(
            model.joined_by("b", "a", &[[&user, &id], [&region, &other]]),
            None,
            "not declared this way"
        );
        assert_eq!(
            joined("many_to_one", "{CUBE}.user_id > {b}.id").joined_by("a", "b", &[[&user, &id]]),
            None
        );
    }

    #[test]
    fn other_joins_are_none() {
        for (relationship, on) in [
            ("many_to_one", "{CUBE}.user_id = {b}.region_id"),
            ("one_to_many", "{CUBE}.user_id = {b}.id"),
            ("many_to_one", "{CUBE}.hidden_id = {b}.id"),
            ("many_to_one", "{CUBE}.unknown = {b}.id"),
            ("many_to_one", "{CUBE}.user_id = {b}.id AND {CUBE}.region_id = {b}.region_id"),
            ("many_to_one", "{CUBE}.user_id = {b}.id OR {CUBE}.region_id = {b}.id"),
            ("many_to_one", "{CUBE}.user_id < {b}.id"),
            ("many_to_one", "{CUBE}.user_id + 1 = {b}.id"),
            ("many_to_one", "{CUBE}.user_id = {CUBE}.id"),
            ("many_to_one", "{CUBE}.user_id = {b}.id = {b}.region_id"),
            ("many_to_one", "{CUBE}.user_id = 7"),
            ("many_to_one", "1 = 1"),
        ] {
            check(relationship, on, expect![""]);
        }
    }

    #[test]
    fn who_is_not_shown_a_column_is_told_no_key_with_it() {
        let model = joined("many_to_one", "{CUBE}.user_id = {b}.id");
        for (hidden, keys) in [("a.region", 1), ("a.user", 0), ("b.id", 0)] {
            let restricted = model.restricted(|member| member.to_string() != hidden);
            assert_eq!(restricted.foreign_keys().len(), keys, "{hidden}");
            assert_eq!(restricted.primary_key("b").is_empty(), hidden == "b.id");
        }
    }

    #[test]
    fn a_key_of_several_columns_is_all_of_them_or_none() {
        let of = |second: &str, on: &str| {
            let model = read(format!(
                "cubes:
  - name: lines
    sql_table: l
    joins:
      - {{ name: stock, relationship: many_to_one, sql: \"{on}\" }}
    dimensions:
      - {{ name: part, sql: part, type: number }}
      - {{ name: shop, sql: shop, type: number }}
  - name: stock
    sql_table: s
    joins:
      - {{ name: lines, relationship: one_to_many, sql: \"{on}\" }}
    dimensions:
      - {{ name: shop, sql: shop, type: number, primary_key: true, public: true }}
      - {{ name: part, sql: part, type: number, primary_key: true, public: {second} }}"
            ));
            format!("{:?} {:?}", model.primary_key("stock"), model.foreign_keys())
        };
        let on = "{lines}.part = {stock}.part and {lines}.shop = {stock}.shop";
        expect![[r#"[stock.shop, stock.part] [ForeignKey { from: "lines", to: "stock", columns: [(lines.shop, stock.shop), (lines.part, stock.part)] }]"#]]
            .assert_eq(&of("true", on));
        expect!["[] []"].assert_eq(&of("false", on));
        expect!["[stock.shop, stock.part] []"].assert_eq(&of("true", "{lines}.part = {stock}.part"));
    }
}
