-- A table's rows
SELECT * FROM public.orders LIMIT 2;
-- How many rows a query has
SELECT COUNT(*) FROM (SELECT orderstatus, orderpriority FROM public.orders GROUP BY 1, 2) dbvrcnt;
-- A page
SELECT orderstatus, MEASURE(count) AS n FROM public.orders GROUP BY 1 ORDER BY 1 OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY;
-- Where am I
SELECT current_schema(), current_database();
-- Without a table
SELECT 1 AS one, 'x' AS letter, CURRENT_DATE > DATE '2020-01-01' AS later;
-- A name that was not found
SELECT orderstats FROM public.orders;
