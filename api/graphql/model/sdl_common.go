// Definitions that every schema has.

package model

// common writes scalars, files, pages and the filters of each kind.
func (p *printer) common() {
	p.line("DateTime", "A time in UTC, as 2022-01-01 10:00:00.123Z.",
		`scalar DateTime @specifiedBy(url: "https://www.rfc-editor.org/rfc/rfc3339")`)
	p.line("JSON", "Any JSON value.", `scalar JSON @specifiedBy(url: "https://www.rfc-editor.org/rfc/rfc8259")`)
	p.line("BigInt", "An integer, exact up to 2^53.", `scalar BigInt @specifiedBy(url: "https://www.rfc-editor.org/rfc/rfc8259")`)
	p.begin("enum", "SortDirection", "", "")
	p.member("ASC", "", "")
	p.member("DESC", "", "")
	p.end()
	p.begin("interface", "Node", "", "A record that can be read by its id alone.")
	p.member("nodeId", "ID!", "")
	p.end()
	p.begin("type", "PageInfo", "", "")
	p.member("hasNextPage", "Boolean!", "")
	p.member("hasPreviousPage", "Boolean!", "")
	p.member("startCursor", "String", "")
	p.member("endCursor", "String", "")
	p.end()
	p.begin("type", "GeoPoint", "", "")
	p.member("lon", "Float!", "")
	p.member("lat", "Float!", "")
	p.end()
	p.begin("type", "File", "", "")
	p.member("name", "String!", "")
	p.member("url", "String!", "The path of the file on this server.", argument{"thumb", "String"}, argument{"download", "Boolean"})
	p.end()
	p.begin("input", "GeoPointInput", "", "")
	p.member("lon", "Float!", "")
	p.member("lat", "Float!", "")
	p.end()
	p.line("Upload", "A file of the request, or the name of a stored one that is to stay.",
		`scalar Upload @specifiedBy(url: "https://github.com/jaydenseric/graphql-multipart-request-spec")`)
	order := []string{"eq", "ne", "gt", "gte", "lt", "lte", "in", "notIn"}
	p.operators("ID", append(order, "isNull")...)
	p.operators("String", append(order, "like", "notLike", "ilike", "isNull")...)
	p.operators("Float", order...)
	p.operators("Int", order...)
	p.operators("BigInt", order...)
	p.operators("DateTime", append(order, "isNull")...)
	p.operators("Boolean", "eq", "ne")
	p.operators("JSON", "isNull")
	p.listFilter("ID")
	p.listFilter("String")
}

// operators writes the filter of one kind of value.
func (p *printer) operators(of string, list ...string) {
	p.begin("input", of+"Filter", "", "")
	for _, operator := range list {
		switch operator {
		case "in", "notIn":
			p.member(operator, "["+of+"]", "")
		case "isNull":
			p.member(operator, "Boolean", "")
		default:
			p.member(operator, of, "")
		}
	}
	p.end()
}

// listFilter writes the filter of a list of values.
func (p *printer) listFilter(of string) {
	p.begin("input", of+"ListFilter", "", "")
	p.member("contains", of, "")
	p.member("containsAny", "["+of+"]", "")
	p.member("containsAll", "["+of+"]", "")
	p.member("length", "IntFilter", "")
	p.member("isNull", "Boolean", "")
	p.end()
}
