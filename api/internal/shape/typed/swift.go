package typed

import (
	"strings"

	"github.com/loambase/loam/api/internal/shape"
)

// Swift generates a file for Swift 5.5 and later, which needs Foundation.
var Swift = Views{"swift", source{
	template: parse("swift.tmpl"),
	keywords: strings.Fields(`Any Protocol Self Type actor as associatedtype async await break case catch class continue default defer deinit
		do else enum extension fallthrough false fileprivate for func guard if import in init inout internal is let nil open operator
		private protocol public repeat rethrows return self static struct subscript super switch throw throws true try typealias var
		where while`),
	types: strings.Fields(`Array Bool CaseIterable Codable Date Decodable Decoder Dictionary Double Encodable Encoder Foundation Hashable
		ISO8601DateFormatter Identifiable Int Optional RawRepresentable Sendable String`),
	helpers:   []string{"Collections", "GeoPoint", "JSONValue", "Wire"},
	members:   strings.Fields("raw expand encode hash hashValue"),
	constants: strings.Fields("allCases hashValue none rawValue some"),
	texts:     value{"String", false, "{W}.text({X})", "{W}.json({X})"},
	values: map[shape.Base]value{
		shape.Moment:  {"Date", true, "{W}.moment({X})", "{W}.json({X})"},
		shape.Number:  {"Double", false, "{W}.number({X})", "{W}.json({X})"},
		shape.Integer: {"Int", false, "{W}.integer({X})", "{W}.json({X})"},
		shape.Bool:    {"Bool", false, "{X} == .bool(true)", "{W}.json({X})"},
		shape.JSON:    {"{J}", false, "{X} ?? .null", "{X} ?? .null"},
		shape.Point:   {"{P}", false, "{P}({X})", "{W}.json({X})"},
		shape.Choice:  {"{E}", true, "{E}(rawValue: {W}.text({X}))", "{W}.json({X}?.rawValue)"},
	},
	list:    value{"[String]", false, "{W}.texts({X})", "{W}.json({X})"},
	choices: value{"[{E}]", false, "{W}.texts({X}).compactMap({E}.init(rawValue:))", "{W}.json({X}?.map(\\.rawValue))"},
	absent:  value{"String", true, "{W}.absent({X})", "{W}.json({X})"},
	quote:   quoted("", `\u{%x}`),
	self:    "self.",
}}
