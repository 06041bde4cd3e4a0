-- What was loaded for a day, and from what the mart of that day was built. No clock times here: the
-- same days loaded in any order give the same rows.
CREATE TABLE IF NOT EXISTS loads (
    table_name VARCHAR, on_date DATE, row_count INTEGER, fingerprint VARCHAR
);

CREATE TABLE IF NOT EXISTS builds (
    on_date DATE, flights_fingerprint VARCHAR, weather_fingerprint VARCHAR
);

-- Flights made ready for questions: one row a flight, with the weather at its origin in that hour.
CREATE TABLE IF NOT EXISTS departures (
    on_date DATE, carrier VARCHAR, origin VARCHAR, dest VARCHAR, hour TINYINT,
    cancelled BOOLEAN, dep_delay INTEGER, arr_delay INTEGER, wet BOOLEAN, visibility DOUBLE
);

-- The mart. Sums and counts, never averages: they add up over days, and exactly.
CREATE TABLE IF NOT EXISTS delays (
    on_date DATE, carrier VARCHAR, origin VARCHAR, hour TINYINT,
    flights INTEGER, cancelled INTEGER,
    departed INTEGER, dep_delay_sum INTEGER, dep_late INTEGER,
    arrived INTEGER, arr_delay_sum INTEGER, arr_late INTEGER,
    wet_departed INTEGER, wet_dep_delay_sum INTEGER
);
