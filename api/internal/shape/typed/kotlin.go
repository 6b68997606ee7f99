package typed

import (
	"strings"

	"github.com/loambase/loam/api/internal/shape"
)

// Kotlin generates a file for Kotlin 1.3 and later on the JVM and on Android, which needs no
// library.
var Kotlin = Views{"kotlin", source{
	template: parse("kotlin.tmpl"),
	keywords: strings.Fields(`as break class continue do else false for fun if in interface is null object package return super this
		throw true try typealias typeof val var when while`),
	types:   strings.Fields("Any Array Boolean DateTimeParseException Double Instant List Long Map MutableMap Number String Suppress"),
	helpers: []string{"Collections", "GeoPoint", "Wire"},
	members: strings.Fields("raw expand field"),
	upper:   true,
	texts:   value{"String", false, "{W}.text({X})", "{X}"},
	values: map[shape.Base]value{
		shape.Moment:  {"Instant", true, "{W}.moment({X})", "{X}?.toString()"},
		shape.Number:  {"Double", false, "{W}.number({X})", "{X}"},
		shape.Integer: {"Long", false, "{W}.integer({X})", "{X}"},
		shape.Bool:    {"Boolean", false, "{X} == true", "{X}"},
		shape.JSON:    {"Any", true, "{X}", "{X}"},
		shape.Point:   {"{P}", false, "{P}({X})", "{X}?.toJson()"},
		shape.Choice:  {"{E}", true, "{E}.values().find { it.value == {X} }", "{X}?.value"},
	},
	list:    value{"List<String>", false, "{W}.texts({X})", "{X}"},
	choices: value{"List<{E}>", false, "{W}.texts({X}).mapNotNull { text -> {E}.values().find { it.value == text } }", "{X}?.map { it.value }"},
	absent:  value{"String", true, "{X} as? String", "{X}"},
	quote:   quoted("$", `\u%04x`),
}}
