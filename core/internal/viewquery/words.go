// Word lists: reserved words, clauses, and the functions that a view may call.

package viewquery

import "strings"

// set returns the set of the words.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// reserved are the words that are not names unless they are quoted.
var reserved = set(`
all and any array as asc between both by case collate create cross
current_catalog current_date current_role current_schema current_time current_timestamp current_user
delete desc distinct drop else end escape except exists false fetch for from full glob group having
ilike in inner insert intersect into is isnull join lateral leading left like limit localtime localtimestamp match
natural not notnull null offset on only or order outer over regexp returning right select session_user similar some
symmetric table tablesample then trailing true union update using values when where window with`)

// joins are the words with which a join may begin.
var joins = set(`join natural left right full inner cross`)

// clauses are the words that end an expression of a SELECT.
var clauses = set(`
from where group having window order limit offset fetch union intersect except for into returning
on using join natural left right full inner cross tablesample`)

// functions are the functions that a query may call: functions of SQLite and PostgreSQL that
// compute a value from their arguments or the clock, and have no side effects. Every other
// function is refused.
var functions = set(`
abs acos acosh age array_agg array_length array_position array_remove array_to_json array_to_string ascii asin asinh atan
atan2 atanh avg bit_and bit_count bit_length bit_or bit_xor bool_and bool_or btrim cardinality cast cbrt ceil ceiling
char char_length character_length chr clock_timestamp coalesce concat concat_ws corr cos cosh count covar_pop
covar_samp cube cume_dist date date_add date_bin date_part date_subtract date_trunc datetime decode degrees dense_rank
div encode every exp extract first_value floor format gcd gen_random_uuid generate_series generate_subscripts glob
greatest group_concat grouping hex if ifnull iif initcap instr isfinite json json_agg json_array json_array_elements
json_array_elements_text json_array_length json_build_array json_build_object json_each json_each_text json_error_position
json_extract json_extract_path json_extract_path_text json_group_array json_group_object json_insert json_object
json_object_agg json_object_keys json_patch json_pretty json_quote json_remove json_replace json_set json_strip_nulls
json_tree json_type json_typeof json_valid jsonb jsonb_agg jsonb_array jsonb_array_elements jsonb_array_elements_text
jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_extract jsonb_extract_path
jsonb_extract_path_text jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_object_agg
jsonb_object_keys jsonb_patch jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array
jsonb_path_query_first jsonb_pretty jsonb_remove jsonb_replace jsonb_set jsonb_strip_nulls jsonb_typeof julianday
justify_days justify_hours justify_interval lag last_value lcm lead least left length like likelihood likely ln log log10
log2 lower lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz max md5 min mod mode now
nth_value ntile nullif num_nonnulls num_nulls octet_length overlay percent_rank percentile_cont percentile_disc pi
position pow power printf quote quote_ident quote_literal quote_nullable radians random rank regexp_count
regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope repeat replace reverse right rollup round
row row_number row_to_json rpad rtrim sha256 sign sin sinh soundex split_part sqrt starts_with statement_timestamp
stddev stddev_pop stddev_samp strftime string_agg string_to_array string_to_table strpos strftime substr substring sum tan
tanh time timediff to_char to_date to_hex to_json to_jsonb to_number to_timestamp total transaction_timestamp
translate trim trim_array trunc typeof unhex unicode unistr unixepoch unlikely unnest upper var_pop var_samp variance
width_bucket`)
