package typed

import (
	"strings"

	"github.com/loambase/loam/api/internal/shape"
)

// Dart generates a library for Dart 2.12 and later, which needs no package. It reads the JSON of
// the records of the official SDK.
var Dart = Views{"dart", source{
	template: parse("dart.tmpl"),
	keywords: strings.Fields(`abstract as assert async await break case catch class const continue covariant default deferred do dynamic
		else enum export extends extension external factory false final finally for get if implements import in interface is late
		library mixin new null operator part required rethrow return set static super switch this throw true try typedef var void
		while with yield`),
	types:     strings.Fields("bool int double num String DateTime Function Iterable List Map Never Object Type"),
	helpers:   []string{"Collections", "GeoPoint"},
	members:   strings.Fields("raw expand toJson hashCode runtimeType toString noSuchMethod bool double int num"),
	constants: strings.Fields("values index value hashCode runtimeType toString noSuchMethod"),
	texts:     value{"String", false, "_text({X})", "{X}"},
	values: map[shape.Base]value{
		shape.Moment:  {"DateTime", true, "_moment({X})", "{X}?.toUtc().toIso8601String()"},
		shape.Number:  {"double", false, "_number({X})", "{X}"},
		shape.Integer: {"int", false, "_integer({X})", "{X}"},
		shape.Bool:    {"bool", false, "{X} == true", "{X}"},
		shape.JSON:    {"Object", true, "{X}", "{X}"},
		shape.Point:   {"{P}", false, "{P}.fromJson({X})", "{X}?.toJson()"},
		shape.Choice:  {"{E}", true, "_choice(_{E}, {X})", "_{E}[{X}]"},
	},
	list:    value{"List<String>", false, "_texts({X})", "{X}"},
	choices: value{"List<{E}>", false, "_choices(_{E}, {X})", "{X}?.map((e) => e.value).toList()"},
	absent:  value{"String", true, "{X} as String?", "{X}"},
	quote:   quoted("$", `\u%04x`),
}}
