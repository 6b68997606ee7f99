package postgres

// Functions creates what the dialect's SQL calls. It may run again at any time.
//
// A value out of a JSON document is a loam_scalar: its rank comes first, so that
// numbers are below texts, as in SQLite, and texts sort by their bytes. Integers of
// 64 bits are exact there, other numbers are doubles.
const Functions = `
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

CREATE OR REPLACE FUNCTION loam_text(v json) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE json_typeof(v)
	WHEN 'null' THEN NULL
	WHEN 'number' THEN CASE WHEN loam_whole(v::text) THEN v::text::numeric::text
		ELSE loam_digits(loam_double(loam_decimal(v::text))) END
	WHEN 'boolean' THEN (v::text)::boolean::int::text
	ELSE v #>> '{}'
END $$;

CREATE OR REPLACE FUNCTION loam_number(v text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE WHEN v ~ '^[ \t\n\v\f\r]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t\n\v\f\r]*$'
	THEN loam_double(loam_decimal(v)) END $$;

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
BEGIN
	FOREACH m IN ARRAY modifiers LOOP
		IF m = 'unixepoch' THEN
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
	IF t IS NULL OR extract(year FROM t) NOT BETWEEN 0 AND 9999 THEN
		RETURN NULL;
	END IF;
	seconds := extract(second FROM t);
	WHILE format <> '' LOOP
		at := position('%' IN format);
		IF at = 0 THEN
			RETURN out || format;
		END IF;
		out := out || left(format, at - 1) || CASE substr(format, at + 1, 1)
			WHEN 'Y' THEN to_char(t, 'YYYY')
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
`
