//! What questions are made of: the members that one rollup of the demo covers together, or that none does.

/// Members that may stand in one query.
pub(super) struct Ground {
    pub(super) table: &'static str,
    /// `rollup` or `cube`: where a query of these members must be answered.
    pub(super) road: &'static str,
    pub(super) dimensions: &'static [Dimension],
    pub(super) measures: &'static [Measure],
    pub(super) time: Option<Time>,
    pub(super) segment: Option<&'static str>,
    /// Only the whole of it is covered: its measures do not add up.
    pub(super) whole: bool,
}

/// A dimension with values that it has, written as SQL.
pub(super) struct Dimension {
    pub(super) name: &'static str,
    pub(super) values: &'static [&'static str],
    pub(super) kind: Kind,
}

#[derive(PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
}

/// A measure with a bound that some groups reach.
pub(super) struct Measure {
    pub(super) name: &'static str,
    pub(super) bound: &'static str,
    /// Whether LIKE can be answered by Cube's API, which needs groups that can be grouped again.
    pub(super) additive: bool,
}

/// A time dimension and the grains that it may be asked at, finest first.
pub(super) struct Time {
    pub(super) name: &'static str,
    pub(super) grains: &'static [&'static str],
}

const fn text(name: &'static str, values: &'static [&'static str]) -> Dimension {
    Dimension { name, values, kind: Kind::Text }
}

const fn number(name: &'static str, values: &'static [&'static str]) -> Dimension {
    Dimension { name, values, kind: Kind::Number }
}

const fn adds(name: &'static str, bound: &'static str) -> Measure {
    Measure { name, bound, additive: true }
}

const fn derived(name: &'static str, bound: &'static str) -> Measure {
    Measure { name, bound, additive: false }
}

const COUNT: Measure = adds("count", "40");
const QUANTITY: Measure = adds("quantity", "5000.5");
const REVENUE: Measure = adds("revenue", "2000000");
const DISCOUNTED: Measure = adds("discounted_revenue", "1900000.25");
const SHIPMODE: Dimension = text("shipmode", &["'AIR'", "'MAIL'", "'RAIL'", "'REG AIR'", "'no such'"]);
const RETURNFLAG: Dimension = text("returnflag", &["'A'", "'N'", "'R'"]);
const PRIORITY: Dimension =
    text("orderpriority", &["'1-URGENT'", "'2-HIGH'", "'4-NOT SPECIFIED'", "'5-LOW'"]);
const SEGMENT: Dimension = text("customer_segment", &["'BUILDING'", "'MACHINERY'", "'HOUSEHOLD'"]);
const NATION: Dimension = text("customer_nation", &["'FRANCE'", "'GERMANY'", "'UNITED STATES'", "'PERU'"]);

pub(super) const GROUNDS: &[Ground] = &[
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[RETURNFLAG, text("linestatus", &["'F'", "'O'"])],
        measures: &[
            COUNT,
            QUANTITY,
            REVENUE,
            DISCOUNTED,
            adds("charge", "3000000.5"),
            derived("avg_quantity", "25.4"),
            derived("avg_discount", "0.05"),
        ],
        time: Some(Time { name: "shipdate", grains: &["day", "week", "month", "quarter", "year"] }),
        segment: None,
        whole: false,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[
            number("line_quantity", &["1", "7", "24", "24.5", "50"]),
            number("line_discount", &["0", "0.05", "0.06", "0.1"]),
        ],
        measures: &[COUNT, QUANTITY, REVENUE, adds("discount_amount", "30000")],
        time: Some(Time { name: "shipdate", grains: &["year"] }),
        segment: None,
        whole: false,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[SHIPMODE, text("shipinstruct", &["'NONE'", "'COLLECT COD'", "'TAKE BACK RETURN'"])],
        measures: &[COUNT, adds("late_count", "20"), QUANTITY, REVENUE, derived("late_share", "0.63")],
        time: Some(Time { name: "shipdate", grains: &["month", "quarter", "year"] }),
        segment: None,
        whole: false,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[SHIPMODE, RETURNFLAG],
        measures: &[COUNT, REVENUE, DISCOUNTED, adds("min_price", "950"), adds("max_price", "90000.01")],
        time: Some(Time { name: "shipdate", grains: &["day", "week", "month", "quarter", "year"] }),
        segment: None,
        whole: false,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[NATION, text("supplier_nation", &["'FRANCE'", "'GERMANY'", "'CHINA'", "'KENYA'"])],
        measures: &[COUNT, REVENUE, DISCOUNTED],
        time: Some(Time { name: "shipdate", grains: &["month", "quarter", "year"] }),
        segment: None,
        whole: false,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[PRIORITY, text("orderstatus", &["'F'", "'O'", "'P'"])],
        measures: &[COUNT, REVENUE, DISCOUNTED],
        time: Some(Time { name: "orderdate", grains: &["day", "week", "month", "quarter", "year"] }),
        segment: None,
        whole: false,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[
            text("brand", &["'Brand#13'", "'Brand#41'", "'Brand#55'"]),
            text("container", &["'JUMBO PKG'", "'SM CASE'", "'WRAP BAG'"]),
            number("part_size", &["1", "17", "49"]),
        ],
        measures: &[COUNT, QUANTITY, REVENUE, adds("min_price", "1500"), adds("max_price", "80000")],
        time: None,
        segment: None,
        whole: false,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[SHIPMODE],
        measures: &[COUNT, REVENUE],
        time: Some(Time { name: "shipdate", grains: &["quarter", "year"] }),
        segment: Some("late"),
        whole: false,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[SEGMENT, NATION],
        measures: &[Measure { name: "customers", bound: "5", additive: false }, COUNT],
        time: Some(Time { name: "orderdate", grains: &["year"] }),
        segment: None,
        whole: true,
    },
    Ground {
        table: "sales",
        road: "rollup",
        dimensions: &[SEGMENT, NATION],
        measures: &[Measure { name: "customers_approx", bound: "20", additive: false }, COUNT, REVENUE],
        time: Some(Time { name: "orderdate", grains: &["month", "quarter", "year"] }),
        segment: None,
        whole: false,
    },
    Ground {
        table: "orders",
        road: "rollup",
        dimensions: &[text("orderstatus", &["'F'", "'O'", "'P'"]), PRIORITY],
        measures: &[
            adds("count", "20"),
            adds("total_price", "3000000.75"),
            adds("min_price", "1000"),
            derived("avg_order_value", "140000"),
        ],
        time: Some(Time { name: "orderdate", grains: &["day", "week", "month", "quarter", "year"] }),
        segment: None,
        whole: false,
    },
    Ground {
        table: "customer",
        road: "rollup",
        dimensions: &[text("mktsegment", &["'BUILDING'", "'FURNITURE'", "'AUTOMOBILE'"])],
        measures: &[COUNT, adds("balance", "1000000")],
        time: None,
        segment: None,
        whole: false,
    },
    Ground {
        table: "sales",
        road: "cube",
        dimensions: &[RETURNFLAG, NATION, text("customer_region", &["'ASIA'", "'EUROPE'"])],
        measures: &[COUNT, QUANTITY, REVENUE, derived("avg_price", "35000"), derived("late_share", "0.6")],
        time: Some(Time { name: "commitdate", grains: &["month", "quarter", "year"] }),
        segment: None,
        whole: true,
    },
    Ground {
        table: "sales",
        road: "cube",
        dimensions: &[text("part_type", &["'PROMO BURNISHED COPPER'", "'ECONOMY ANODIZED STEEL'"]), SHIPMODE],
        measures: &[COUNT, REVENUE, Measure { name: "customers", bound: "9", additive: false }],
        time: Some(Time { name: "shipdate", grains: &["month", "year"] }),
        segment: Some("returned"),
        whole: true,
    },
];
