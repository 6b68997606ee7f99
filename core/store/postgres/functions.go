package postgres

// Functions creates what the dialect's SQL calls. It may run again at any time.
//
// A value out of a JSON document is a jsonb pair of rank and scalar: pairs
// compare by rank first, so that numbers are below texts, as in SQLite.
const Functions = `
CREATE OR REPLACE FUNCTION loam_lift(v double precision) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT jsonb_build_array(0, v) $$;

CREATE OR REPLACE FUNCTION loam_lift(v text) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT jsonb_build_array(1, v) $$;

CREATE OR REPLACE FUNCTION loam_value(v json) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE json_typeof(v)
	WHEN 'null' THEN NULL
	WHEN 'number' THEN jsonb_build_array(0, v)
	WHEN 'boolean' THEN jsonb_build_array(0, (v::text)::boolean::int)
	WHEN 'string' THEN jsonb_build_array(1, v)
	ELSE jsonb_build_array(1, v::text)
END $$;

CREATE OR REPLACE FUNCTION loam_text(v jsonb) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT v ->> 1 $$;

CREATE OR REPLACE FUNCTION loam_number(v text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
SELECT CASE WHEN v ~ '^[ \t\n\v\f\r]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?[ \t\n\v\f\r]*$'
	AND abs(coalesce(substring(v from '[eE]([+-]?[0-9]+)')::int, 0)) < 300 THEN v::double precision END $$;

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
