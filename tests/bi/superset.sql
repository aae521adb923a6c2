-- A preview
SELECT * FROM public.sales LIMIT 2;
-- A time series
SELECT DATE_TRUNC('month', shipdate) AS __timestamp, SUM(revenue) AS "SUM(revenue)" FROM public.sales WHERE shipdate >= TO_TIMESTAMP('1995-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') AND shipdate < TO_TIMESTAMP('1995-04-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('month', shipdate) ORDER BY "SUM(revenue)" DESC LIMIT 1000;
-- A time series of the largest series
SELECT DATE_TRUNC('year', shipdate) AS __timestamp, shipmode AS shipmode, COUNT(*) AS count FROM public.sales JOIN (SELECT shipmode AS shipmode__, COUNT(*) AS mme_inner__ FROM public.sales WHERE shipdate >= DATE '1994-01-01' GROUP BY shipmode ORDER BY mme_inner__ DESC LIMIT 2) AS series_limit ON shipmode = shipmode__ WHERE shipdate >= DATE '1996-01-01' AND shipdate < DATE '1998-01-01' GROUP BY shipmode, DATE_TRUNC('year', shipdate) ORDER BY 1, 2 LIMIT 10000;
-- A table with a filter box
SELECT returnflag AS returnflag, SUM(quantity) AS "SUM(quantity)", MAX(shipdate) AS last FROM public.sales WHERE shipmode IN ('AIR', 'MAIL') AND shipinstruct ILIKE '%back%' GROUP BY returnflag ORDER BY "SUM(quantity)" DESC LIMIT 100;
-- A search in a filter box
SELECT customer_nation AS customer_nation FROM public.sales WHERE customer_nation ILIKE '%an%' GROUP BY customer_nation ORDER BY customer_nation ASC LIMIT 1000;
-- A big number with a trend
SELECT DATE_TRUNC('quarter', orderdate) AS __timestamp, COUNT(*) AS count FROM public.orders GROUP BY DATE_TRUNC('quarter', orderdate) ORDER BY 1 LIMIT 3;
-- A pivot
SELECT shipmode AS shipmode, returnflag AS returnflag, AVG(avg_price) AS "AVG(avg_price)" FROM public.sales GROUP BY shipmode, returnflag ORDER BY "AVG(avg_price)" DESC LIMIT 4;
-- Its own dataset
SELECT customer_region AS customer_region, SUM(r) AS "SUM(r)" FROM (SELECT customer_region, SUM(revenue) AS r FROM public.sales WHERE late GROUP BY 1) AS virtual_table GROUP BY customer_region ORDER BY "SUM(r)" DESC LIMIT 1000;
