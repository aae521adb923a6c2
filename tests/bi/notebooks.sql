-- A frame of a cube
SELECT shipmode, returnflag, MEASURE(count) AS n, MEASURE(revenue) AS revenue FROM sales GROUP BY 1, 2 ORDER BY 1, 2;
-- Growth, with a window over a CTE
WITH monthly AS (SELECT DATE_TRUNC('month', shipdate) AS month, MEASURE(revenue) AS revenue FROM sales WHERE shipdate < DATE '1992-06-01' GROUP BY 1) SELECT month, revenue, revenue - LAG(revenue) OVER (ORDER BY month) AS growth, SUM(revenue) OVER (ORDER BY month) AS total FROM monthly ORDER BY month;
-- A CTE read twice
WITH q AS (SELECT customer_nation AS nation, MEASURE(discounted_revenue) AS revenue FROM sales GROUP BY 1) SELECT nation, revenue FROM q WHERE revenue > (SELECT 1.2 * AVG(revenue) FROM q) ORDER BY revenue DESC;
-- Two views side by side
SELECT s.shipmode, s.n AS all_items, r.n AS returned FROM (SELECT shipmode, MEASURE(count) AS n FROM sales GROUP BY 1) s JOIN (SELECT shipmode, MEASURE(count) AS n FROM sales WHERE returned GROUP BY 1) r ON s.shipmode = r.shipmode ORDER BY 1;
-- Totals and subtotals
SELECT returnflag, linestatus, MEASURE(count) AS n FROM sales GROUP BY ROLLUP(returnflag, linestatus) ORDER BY 1 NULLS LAST, 2 NULLS LAST;
-- One list of two
SELECT 'ship' AS kind, shipmode AS value FROM sales GROUP BY 2 UNION ALL SELECT 'flag', returnflag FROM sales GROUP BY 2 ORDER BY 1, 2;
-- In the largest groups only
SELECT shipmode, MEASURE(count) AS n FROM sales WHERE customer_nation IN (SELECT customer_nation FROM sales GROUP BY 1 ORDER BY MEASURE(revenue) DESC LIMIT 2) GROUP BY 1 ORDER BY 1;
-- A label for a month
SELECT TO_CHAR(shipdate, 'Mon YYYY') AS month, MEASURE(late_share) AS late FROM sales WHERE shipdate >= DATE '1997-01-01' AND shipdate < DATE '1997-04-01' GROUP BY 1 ORDER BY 1;
-- Days between two dates
SELECT DATEDIFF('day', MIN(shipdate), MAX(shipdate)) AS days FROM sales;
