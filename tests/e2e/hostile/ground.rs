//! What questions are made of: members with what they are by hand, and the road of all that is made of them.

use super::operator::{Kind, Op};

/// Members that may stand in one query.
pub(super) struct Ground {
    pub(super) name: &'static str,
    pub(super) table: &'static str,
    /// FROM by hand.
    pub(super) from: &'static str,
    /// Where a query of these members must be answered; `None` where a predicate decides.
    pub(super) road: Option<&'static str>,
    /// Group keys.
    pub(super) keys: &'static [Member],
    /// What WHERE tests.
    pub(super) tested: &'static [Member],
    /// None for rows as they are, without groups.
    pub(super) measures: &'static [Member],
    /// Times that are cut to bins.
    pub(super) bins: &'static [(&'static str, &'static [&'static str])],
    /// The operators on times, where not every one is on the grain of what is stored; their bounds begin months.
    pub(super) on_grain: Option<&'static [Op]>,
    /// A condition that always stands.
    pub(super) always: Option<&'static str>,
}

/// A member: as the gateway has it, and by hand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) by_hand: &'static str,
    pub(super) kind: Kind,
}

const fn member(name: &'static str, by_hand: &'static str, kind: Kind) -> Member {
    Member { name, by_hand, kind }
}

const ID: Member = member("id", "id", Kind::Int);
const TXT: Member = member("txt", "txt", Kind::Text);
const N: Member = member("n", "n", Kind::Int);
const F: Member = member("f", "f", Kind::Float);
const D2: Member = member("d2", "d2", Kind::Decimal);
const D6: Member = member("d6", "d6", Kind::Decimal);
const B: Member = member("b", "b", Kind::Boolean);
const T: Member = member("t", "t", Kind::Timestamp);
const DAY: Member = member("day", "day", Kind::Date);
const LETTERED: Member = member("lettered", "(txt LIKE '%a%')", Kind::Segment);
const WHOLE: Member = member("whole", "(f >= 1)", Kind::Segment);

const COUNT: Member = member("count", "COUNT(*)", Kind::Int);
const SUM_N: Member = member("sum_n", "SUM(n)", Kind::Int);
const SUM_F: Member = member("sum_f", "SUM(f)", Kind::Float);
const SUM_D2: Member = member("sum_d2", "SUM(d2)", Kind::Decimal);
const SUM_D6: Member = member("sum_d6", "SUM(d6)", Kind::Decimal);
const MIN_N: Member = member("min_n", "MIN(n)", Kind::Int);
const MAX_F: Member = member("max_f", "MAX(f)", Kind::Float);
const MIN_D2: Member = member("min_d2", "MIN(d2)", Kind::Decimal);
const MAX_D6: Member = member("max_d6", "MAX(d6)", Kind::Decimal);
const MIN_T: Member = member("min_t", "MIN(t)", Kind::Timestamp);
const MAX_DAY: Member = member("max_day", "MAX(day)", Kind::Date);
const TRUES: Member = member("trues", "COUNT(*) FILTER (WHERE b)", Kind::Int);
const PERCENTS: Member = member("percents", r"COUNT(*) FILTER (WHERE txt LIKE '%\%%')", Kind::Int);
const POSITIVE: Member = member("sum_positive", "SUM(n) FILTER (WHERE n > 0)", Kind::Int);
const KINDS: Member = member("kinds", "COUNT(DISTINCT txt)", Kind::Int);
const APPROX: Member = member("kinds_approx", "COUNT(DISTINCT txt)", Kind::Int);
const MEAN: Member = member("mean", "AVG(f)", Kind::Float);
const SHARE: Member =
    member("share", "CAST(COUNT(*) FILTER (WHERE b) AS DOUBLE) / NULLIF(COUNT(*), 0)", Kind::Float);
const LABEL: Member = member("label", "MAX(txt)", Kind::Text);
const ANY_TRUE: Member = member("any_true", "BOOL_OR(b)", Kind::Boolean);
const LATEST: Member = member("latest", "MAX(t)", Kind::Timestamp);

const PARENT: Member = member("parent", "parent", Kind::Text);
const LEFT_TOP: Member = member("left_top", "left_top", Kind::Text);
const RIGHT_TOP: Member = member("right_top", "right_top", Kind::Text);

const JOINED: &str = "\
    (SELECT things.*, parents.name AS parent, lt.name AS left_top, rt.name AS right_top FROM things \
    LEFT JOIN parents ON parent_id = parents.id \
    LEFT JOIN left_side ON left_id = left_side.id LEFT JOIN top AS lt ON left_side.top_id = lt.id \
    LEFT JOIN right_side ON right_id = right_side.id LEFT JOIN top AS rt ON right_side.top_id = rt.id) AS j";

const GRAINS: &[&str] = &["day", "week", "month", "quarter", "year"];

pub(super) const GROUNDS: &[Ground] = &[
    Ground {
        name: "every type",
        table: "things",
        from: "things",
        road: Some("rollup"),
        keys: &[ID, TXT, N, D2, B, DAY],
        tested: &[TXT, N, F, D2, D6, B, T, DAY, LETTERED, WHOLE],
        measures: &[
            COUNT, SUM_N, SUM_F, SUM_D2, SUM_D6, MIN_N, MAX_F, MIN_D2, MAX_D6, MIN_T, MAX_DAY, TRUES,
            PERCENTS, POSITIVE,
        ],
        bins: &[("t", GRAINS), ("day", GRAINS)],
        on_grain: None,
        always: None,
    },
    Ground {
        name: "not additive",
        table: "things",
        from: "things",
        road: None,
        keys: &[TXT, N, F, D2, B, T, DAY],
        tested: &[TXT, N, F, D2, D6, B, T, DAY, LETTERED],
        measures: &[KINDS, APPROX, MEAN, SHARE, LABEL, ANY_TRUE, LATEST, COUNT],
        bins: &[],
        on_grain: None,
        always: None,
    },
    Ground {
        name: "times",
        table: "things",
        from: "things",
        road: Some("rollup"),
        keys: &[TXT, B],
        tested: &[TXT, B, T],
        measures: &[COUNT, SUM_N, SUM_F, SUM_D2, TRUES],
        bins: &[("t", GRAINS)],
        on_grain: Some(&[Op::Lt, Op::Ge]),
        always: Some("t >= TIMESTAMP '2023-07-01 00:00:00'"),
    },
    Ground {
        name: "months",
        table: "things",
        from: "things",
        road: Some("rollup"),
        keys: &[N, D2],
        tested: &[N, D2, T, LETTERED],
        measures: &[COUNT, SUM_D2, SUM_D6, MAX_F, POSITIVE],
        bins: &[("t", &["month", "quarter", "year"])],
        on_grain: Some(&[Op::Lt, Op::Ge]),
        always: Some("t >= TIMESTAMP '2023-07-01 00:00:00'"),
    },
    Ground {
        name: "joins",
        table: "all_things",
        from: JOINED,
        road: Some("rollup"),
        keys: &[B, PARENT, LEFT_TOP],
        tested: &[B, PARENT, LEFT_TOP],
        measures: &[COUNT, SUM_N, SUM_D2, MIN_T],
        bins: &[],
        on_grain: None,
        always: None,
    },
    Ground {
        name: "joined above",
        table: "all_things",
        from: JOINED,
        road: Some("rollup"),
        keys: &[N, F, B, D2, PARENT, LEFT_TOP],
        tested: &[N, F, B, D2, PARENT, LEFT_TOP, LETTERED],
        measures: &[COUNT, SUM_N, SUM_D2, MIN_D2, MAX_F, MIN_T],
        bins: &[("t", GRAINS)],
        on_grain: None,
        always: Some("(parent IS NULL OR parent IS NOT NULL OR n = 1)"),
    },
    Ground {
        name: "two ways to one cube",
        table: "all_things",
        from: JOINED,
        road: Some("cube"),
        keys: &[LEFT_TOP, RIGHT_TOP, PARENT],
        tested: &[LEFT_TOP, RIGHT_TOP, PARENT, N, D2, F, DAY, T],
        measures: &[COUNT, SUM_N, SUM_D2, SUM_F, MIN_T, MAX_DAY],
        bins: &[],
        on_grain: None,
        always: Some(
            "(right_top IS NULL OR right_top IS NOT NULL) AND (left_top IS NULL OR left_top IS NOT NULL)",
        ),
    },
    Ground {
        name: "everything of Cube",
        table: "all_things",
        from: JOINED,
        road: None,
        keys: &[PARENT, TXT, N, DAY],
        tested: &[TXT, N, F, D2, D6, B, T, DAY, LETTERED, WHOLE],
        measures: &[COUNT, SUM_N, SUM_F, SUM_D2, MIN_T, MAX_DAY, MAX_F, LABEL, ANY_TRUE, LATEST],
        bins: &[("t", GRAINS)],
        on_grain: None,
        always: None,
    },
    Ground {
        name: "rows",
        table: "things",
        from: "things",
        road: Some("rollup"),
        keys: &[ID, TXT, N, F, D2, D6, B, T, DAY],
        tested: &[TXT, N, F, D2, D6, B, T, DAY, LETTERED, WHOLE],
        measures: &[],
        bins: &[],
        on_grain: None,
        always: None,
    },
];
