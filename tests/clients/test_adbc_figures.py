"""Questions that ADBC asks in SQL and Python answers from the source rows, to the last digit."""

import datetime
from decimal import Decimal

import pytest

import tpch as figures


def quarter(day):
    return datetime.datetime(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def largest_price(rows):
    return max(row["l_extendedprice"] for row in rows)


QUESTIONS = {
    "sums by two keys in a range of days": (
        """SELECT returnflag, linestatus, MEASURE(quantity), MEASURE(charge), MEASURE(count) FROM sales
           WHERE shipdate <= DATE '1998-12-01' - INTERVAL '90' DAY GROUP BY 1, 2 ORDER BY 1, 2""",
        lambda lines: figures.by(
            [row for row in lines if row["l_shipdate"] <= datetime.date(1998, 9, 2)],
            ["l_returnflag", "l_linestatus"],
            figures.quantity,
            figures.charge,
            figures.count,
        ),
    ),
    "one sum under several predicates": (
        """SELECT MEASURE(discount_amount) FROM sales WHERE shipdate >= DATE '1994-01-01'
           AND shipdate < DATE '1995-01-01' AND line_discount BETWEEN 0.05 AND 0.07 AND line_quantity < 24""",
        lambda lines: [
            (
                sum(
                    row["l_extendedprice"] * row["l_discount"]
                    for row in lines
                    if row["l_shipdate"].year == 1994
                    and Decimal("0.05") <= row["l_discount"] <= Decimal("0.07")
                    and row["l_quantity"] < 24
                ),
            )
        ],
    ),
    "two nations on the way to one another": (
        """SELECT supplier_nation, customer_nation, EXTRACT(YEAR FROM shipdate) AS year, MEASURE(discounted_revenue)
           FROM sales WHERE shipdate BETWEEN '1995-01-01' AND '1996-12-31'
           AND supplier_nation IN ('FRANCE', 'GERMANY') AND customer_nation IN ('FRANCE', 'GERMANY')
           GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        lambda lines: figures.by(
            [
                row | {"year": row["l_shipdate"].year}
                for row in lines
                if row["l_shipdate"].year in (1995, 1996)
                and {row["supplier_nation"], row["customer_nation"]} <= {"FRANCE", "GERMANY"}
            ],
            ["supplier_nation", "customer_nation", "year"],
            figures.discounted_revenue,
        ),
    ),
    "distinct customers by quarter": (
        """SELECT DATE_TRUNC('quarter', orderdate) AS quarter, MEASURE(customers), MEASURE(count)
           FROM sales GROUP BY 1 ORDER BY 1""",
        lambda lines: figures.by(
            [row | {"quarter": quarter(row["o_orderdate"])} for row in lines],
            ["quarter"],
            figures.customers,
            figures.count,
        ),
    ),
    "the ten best customers": (
        """SELECT customer, MEASURE(discounted_revenue) AS r FROM sales WHERE returnflag = 'R'
           GROUP BY 1 ORDER BY r DESC, customer LIMIT 10""",
        lambda lines: sorted(
            figures.by([row for row in lines if row["l_returnflag"] == "R"], ["c_name"], figures.discounted_revenue),
            key=lambda row: (-row[1], row[0]),
        )[:10],
    ),
    "groups chosen by their sums": (
        """SELECT brand, MAX(max_price) FROM sales WHERE container LIKE 'LG%' OR part_size IN (1, 5, 50)
           GROUP BY brand HAVING MEASURE(quantity) > 9000 AND COUNT(*) < 400 ORDER BY brand""",
        lambda lines: [
            (brand, price)
            for brand, price, quantity, count in figures.by(
                [row for row in lines if row["p_container"].startswith("LG") or row["p_size"] in (1, 5, 50)],
                ["p_brand"],
                largest_price,
                figures.quantity,
                figures.count,
            )
            if quantity > 9000 and count < 400
        ],
    ),
    "rows of two segments": (
        """SELECT shipmode, MEASURE(late_count), MEASURE(count), MEASURE(late_share) FROM sales
           WHERE late AND returned GROUP BY 1 ORDER BY 1""",
        lambda lines: [
            (mode, late, count, late / count)
            for mode, late, count in figures.by(
                [row for row in lines if figures.late(row) and row["l_returnflag"] == "R"],
                ["l_shipmode"],
                lambda rows: sum(map(figures.late, rows)),
                figures.count,
            )
        ],
    ),
    "an average over groups of groups": (
        """SELECT MAX(n), MIN(n), COUNT(*) FROM (SELECT customer, MEASURE(count) AS n FROM sales GROUP BY 1) AS c""",
        lambda lines: [
            (max(counts), min(counts), len(counts))
            for counts in [[row[1] for row in figures.by(lines, ["c_name"], figures.count)]]
        ],
    ),
    "a share of the whole by a window": (
        """SELECT shipmode, revenue, SUM(revenue) OVER () AS whole
           FROM (SELECT shipmode, MEASURE(revenue) AS revenue FROM sales GROUP BY 1) AS m ORDER BY 1""",
        lambda lines: [(*row, figures.revenue(lines)) for row in figures.by(lines, ["l_shipmode"], figures.revenue)],
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_the_source_rows(cursor, tpch, question):
    statement, answer = QUESTIONS[question]
    cursor.execute(statement)
    expected = answer(tpch.lines())
    assert expected
    assert cursor.fetchall() == expected


def test_an_order_counts_once_however_many_line_items_it_has(cursor, tpch):
    cursor.execute("SELECT orderpriority, MEASURE(order_value) FROM sales GROUP BY 1 ORDER BY 1")
    orders = tpch.rows("orders")
    assert cursor.fetchall() == figures.by(
        orders, ["o_orderpriority"], lambda rows: sum(row["o_totalprice"] for row in rows)
    )


def test_distinct_customers_are_estimated_closely(cursor, tpch):
    cursor.execute("SELECT customer_segment, MEASURE(customers_approx) FROM sales GROUP BY 1 ORDER BY 1")
    exact = figures.by(tpch.lines(), ["c_mktsegment"], figures.customers)
    found = cursor.fetchall()
    assert [row[0] for row in found] == [row[0] for row in exact]
    for (_, estimate), (_, count) in zip(found, exact, strict=True):
        assert estimate == pytest.approx(count, rel=0.05)
