// SQL functions that are created in the database, so that PostgreSQL computes like SQLite.

package postgres

// functions creates the SQL functions that the dialect calls. It may run again at any time.
//
// A value out of a JSON document is a loam_scalar: its rank comes first, so that
// numbers are below texts, as in SQLite, and texts sort by their bytes. Integers of
// 64 bits are exact there, other numbers are doubles.
const functions = `
DO $$ BEGIN
	IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'loam_scalar' AND typnamespace = current_schema()::regnamespace) THEN
		CREATE TYPE loam_scalar AS (rank smallint, number numeric, text text COLLATE "C");
	END IF;
END $$;

-- A text that is a number, as one that a double can hold or is beyond all that it can.
CREATE OR REPLACE FUNCTION loam_decimal(v text) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE
	WHEN length(v) > 1000 THEN NULL
	WHEN v ~ '[eE][+]?0*[1-9][0-9]{3,}\s*$' THEN sign(regexp_replace(v, '[eE].*', '')::numeric) * 1e309
	WHEN v ~ '[eE]-0*[1-9][0-9]{3,}\s*$' THEN 0
	WHEN abs(v::numeric) >= 1.7976931348623159e308 THEN sign(v::numeric) * 1e309
	WHEN abs(v::numeric) < 2.4703282292062328e-324 THEN 0
	ELSE v::numeric
END $$;

CREATE OR REPLACE FUNCTION loam_double(v numeric) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE WHEN abs(v) < 1e309 THEN v::double precision WHEN v < 0 THEN '-Infinity'::double precision ELSE 'Infinity'::double precision END $$;

CREATE OR REPLACE FUNCTION loam_numeric(v double precision) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE
	WHEN abs(v) = 'Infinity'::double precision THEN sign(v)::numeric * 1e309
	WHEN v = trunc(v) AND abs(v) < 9223372036854775808 THEN v::bigint::numeric
	ELSE v::text::numeric
END $$;

CREATE OR REPLACE FUNCTION loam_whole(v text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE WHEN v ~ '^-?[0-9]{1,19}$' THEN v::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 ELSE FALSE END $$;

-- 15 digits are those on which the engines agree.
CREATE OR REPLACE FUNCTION loam_digits(v double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET extra_float_digits TO 0 AS $$
SELECT CASE abs(v) WHEN 'Infinity'::double precision THEN replace(v::text, 'inity', '') ELSE v::text END $$;

CREATE OR REPLACE FUNCTION loam_print(v double precision) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE WHEN v = trunc(v) AND abs(v) < 9223372036854775808 THEN v::bigint::text ELSE loam_digits(v) END $$;

CREATE OR REPLACE FUNCTION loam_lift(v double precision) RETURNS loam_scalar
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ROW(0, loam_numeric(v), '')::loam_scalar $$;

CREATE OR REPLACE FUNCTION loam_lift(v text) RETURNS loam_scalar
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ROW(1, 0, v)::loam_scalar $$;

CREATE OR REPLACE FUNCTION loam_value(v json) RETURNS loam_scalar
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE json_typeof(v)
	WHEN 'null' THEN NULL
	WHEN 'number' THEN ROW(0, CASE WHEN loam_whole(v::text) THEN v::text::numeric
		ELSE loam_numeric(loam_double(loam_decimal(v::text))) END, '')::loam_scalar
	WHEN 'boolean' THEN ROW(0, (v::text)::boolean::int, '')::loam_scalar
	ELSE ROW(1, 0, v #>> '{}')::loam_scalar
END $$;

CREATE OR REPLACE FUNCTION loam_item(v json, i text) RETURNS json
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE json_typeof(v) WHEN 'array' THEN v #> ARRAY[i] END $$;

-- Most numbers are short, and then the text is the number: the rest is slow.
CREATE OR REPLACE FUNCTION loam_text(v json) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE t text := v #>> '{}';
BEGIN
	CASE json_typeof(v)
	WHEN 'number' THEN
		IF t ~ '^-?([1-9][0-9]{0,7}(\.[0-9]{0,6}[1-9])?|0\.0{0,3}[1-9]([0-9]{0,5}[1-9])?)$' THEN
			RETURN t;
		END IF;
		RETURN CASE WHEN loam_whole(t) THEN t::numeric::text ELSE loam_digits(loam_double(loam_decimal(t))) END;
	WHEN 'boolean' THEN
		RETURN t::boolean::int::text;
	ELSE
		RETURN t;
	END CASE;
END $$;

CREATE OR REPLACE FUNCTION loam_number(v text) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF v ~ '^-?[0-9]{1,8}(\.[0-9]{1,7})?$' THEN
		RETURN v::double precision;
	ELSIF v ~ '^[ \t\n\v\f\r]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\v\f\r]*$' THEN
		RETURN loam_double(loam_decimal(v));
	END IF;
	RETURN NULL;
END $$;

-- What is next to nothing is nothing: a product of such would be an error.
CREATE OR REPLACE FUNCTION loam_radians(v double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN abs(v) < 1e-100 THEN 0 ELSE radians(v) END $$;

-- By the spherical law of cosines; NULL if a number is infinite, of which there is no cosine.
CREATE OR REPLACE FUNCTION loam_distance(lon_a double precision, lat_a double precision, lon_b double precision, lat_b double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF 'Infinity' IN (abs(lon_a), abs(lat_a), abs(lon_b), abs(lat_b)) THEN
		RETURN NULL;
	END IF;
	RETURN 6371 * acos(greatest(-1, least(1, cos(loam_radians(lat_a)) * cos(loam_radians(lat_b)) *
		cos(loam_radians(lon_b) - loam_radians(lon_a)) + sin(loam_radians(lat_a)) * sin(loam_radians(lat_b)))));
END $$;

CREATE OR REPLACE FUNCTION loam_time(v text) RETURNS timestamp
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
	IF v ~ '^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?\s*Z?$' THEN
		RETURN rtrim(v, 'Z ')::timestamp;
	ELSIF v ~ '^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?\s*[+-]\d\d:\d\d$' THEN
		RETURN v::timestamptz AT TIME ZONE 'UTC';
	ELSIF v ~ '^\d\d:\d\d(:\d\d(\.\d+)?)?$' THEN
		RETURN ('2000-01-01 ' || v)::timestamp;
	ELSIF loam_number(v) BETWEEN 0 AND 5373484.5 THEN -- a Julian day
		RETURN timestamp '1970-01-01' + (loam_number(v) - 2440587.5) * interval '1 day';
	END IF;
	RETURN NULL;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION loam_strftime(format text, v text, VARIADIC modifiers text[] DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	t timestamp := loam_time(v);
	m text;
	at int;
	out text := '';
	seconds numeric;
	year int;
	n int := 0;
BEGIN
	FOREACH m IN ARRAY modifiers LOOP
		n := n + 1;
		IF m = 'unixepoch' AND n > 1 THEN
			RETURN NULL;
		ELSIF m = 'unixepoch' THEN
			t := timestamp '1970-01-01' + loam_number(v) * interval '1 second';
		ELSIF m LIKE 'start of %' THEN
			t := date_trunc(substr(m, 10), t);
		ELSIF m LIKE 'weekday %' THEN
			t := t + ((7 + substr(m, 9)::int - extract(dow FROM t)::int) % 7) * interval '1 day';
		ELSIF m ~ '(month|year)s?$' THEN -- a day that the month lacks counts on into the next
			t := date_trunc('month', t) + m::interval + (t - date_trunc('month', t));
		ELSE
			t := t + m::interval;
		END IF;
	END LOOP;
	IF t IS NULL OR t < timestamp '4714-11-24 12:00:00 BC' OR t >= timestamp '10000-01-01' THEN
		RETURN NULL;
	END IF;
	seconds := extract(second FROM t);
	year := extract(year FROM t);
	IF year < 0 THEN -- SQLite counts a year 0
		year := year + 1;
	END IF;
	WHILE format <> '' LOOP
		at := position('%' IN format);
		IF at = 0 THEN
			RETURN out || format;
		END IF;
		out := out || left(format, at - 1) || CASE substr(format, at + 1, 1)
			WHEN 'Y' THEN CASE WHEN year < 0 THEN '-' || to_char(-year, CASE WHEN year > -1000 THEN 'FM000' ELSE 'FM0000' END) ELSE to_char(year, 'FM0000') END
			WHEN 'm' THEN to_char(t, 'MM')
			WHEN 'd' THEN to_char(t, 'DD')
			WHEN 'H' THEN to_char(t, 'HH24')
			WHEN 'M' THEN to_char(t, 'MI')
			WHEN 'S' THEN to_char(t, 'SS')
			WHEN 'f' THEN to_char(least(seconds, 59.999), 'FM00.000')
			WHEN 's' THEN floor(extract(epoch FROM t))::bigint::text
			WHEN 'j' THEN to_char(t, 'DDD')
			WHEN 'w' THEN extract(dow FROM t)::int::text
			WHEN 'W' THEN to_char((extract(doy FROM t)::int + 6 - (extract(isodow FROM t)::int - 1)) / 7, 'FM00')
			WHEN '%' THEN '%'
		END;
		format := substr(format, at + 2);
	END LOOP;
	RETURN out;
EXCEPTION WHEN data_exception THEN
	RETURN NULL;
END $$;

-- Tells long texts apart in a unique index. Immutable, though convert_to is not declared so:
-- the encoding is that of the database.
CREATE OR REPLACE FUNCTION loam_digest(v text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT encode(sha256(convert_to(v, 'UTF8')), 'hex') $$;
`
