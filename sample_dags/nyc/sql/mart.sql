-- The heavy rebuild, for one day: its partition is replaced whole, in one transaction.
SET VARIABLE today = DATE '{{ local_day(logical_date) }}';

DELETE FROM departures WHERE on_date = getvariable('today');

INSERT INTO departures BY NAME
SELECT
    f.on_date, f.carrier, f.origin, f.dest, f.hour,
    f.dep_time IS NULL AS cancelled,
    f.dep_delay, f.arr_delay,
    w.precip > 0 AS wet,
    w.visib AS visibility
FROM flights f
-- Joined on the UTC hour: the local one repeats when daylight saving ends.
LEFT JOIN weather w ON w.on_date = f.on_date AND w.origin = f.origin AND w.time_hour = f.time_hour
WHERE f.on_date = getvariable('today');

DELETE FROM delays WHERE on_date = getvariable('today');

INSERT INTO delays BY NAME
SELECT
    on_date, carrier, origin, hour,
    count(*) AS flights,
    count(*) FILTER (cancelled) AS cancelled,
    count(dep_delay) AS departed,
    coalesce(sum(dep_delay), 0) AS dep_delay_sum,
    count(*) FILTER (dep_delay >= 15) AS dep_late,
    count(arr_delay) AS arrived,
    coalesce(sum(arr_delay), 0) AS arr_delay_sum,
    count(*) FILTER (arr_delay >= 15) AS arr_late,
    count(dep_delay) FILTER (wet) AS wet_departed,
    coalesce(sum(dep_delay) FILTER (wet), 0) AS wet_dep_delay_sum
FROM departures
WHERE on_date = getvariable('today')
GROUP BY ALL;

-- A mart that lost or doubled a flight must not be committed.
SELECT CASE WHEN mart.flights <> raw.flights
       THEN error(format('the mart counts {} flights of the day, {} were loaded', mart.flights, raw.flights))
       END
FROM (SELECT coalesce(sum(flights), 0)::BIGINT AS flights FROM delays WHERE on_date = getvariable('today')) mart,
     (SELECT count(*) AS flights FROM flights WHERE on_date = getvariable('today')) raw;

DELETE FROM builds WHERE on_date = getvariable('today');

INSERT INTO builds BY NAME
SELECT
    getvariable('today') AS on_date,
    (SELECT fingerprint FROM loads WHERE table_name = 'flights' AND on_date = getvariable('today'))
        AS flights_fingerprint,
    (SELECT fingerprint FROM loads WHERE table_name = 'weather' AND on_date = getvariable('today'))
        AS weather_fingerprint;
