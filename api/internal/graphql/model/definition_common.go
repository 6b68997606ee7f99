// Definitions that every schema has.

package model

// common adds scalars, files, pages and the filters of each kind.
func (d *definer) common() {
	scalar := func(name, url, description string) {
		d.add(&Definition{Kind: ScalarType, Name: name, URL: url, Description: description})
	}
	scalar("DateTime", "https://www.rfc-editor.org/rfc/rfc3339", "A time in UTC, as 2022-01-01 10:00:00.123Z.")
	scalar("JSON", "https://www.rfc-editor.org/rfc/rfc8259", "Any JSON value.")
	scalar("BigInt", "https://www.rfc-editor.org/rfc/rfc8259", "An integer, exact up to 2^53.")
	d.define(EnumType, "SortDirection", "", []Member{{Name: "ASC"}, {Name: "DESC"}})
	d.define(InterfaceType, "Node", "A record that can be read by its id alone.", []Member{{Name: "nodeId", Type: "ID!"}})
	d.define(ObjectType, "PageInfo", "", []Member{
		{Name: "hasNextPage", Type: "Boolean!"}, {Name: "hasPreviousPage", Type: "Boolean!"}, {Name: "startCursor", Type: "String"}, {Name: "endCursor", Type: "String"},
	})
	point := []Member{{Name: "lon", Type: "Float!"}, {Name: "lat", Type: "Float!"}}
	d.define(ObjectType, "GeoPoint", "", point)
	d.define(ObjectType, "File", "", []Member{
		{Name: "name", Type: "String!"},
		{Name: "url", Type: "String!", Description: "The path of the file on this server.", Arguments: []Argument{{"thumb", "String"}, {"download", "Boolean"}}},
		{Name: "size", Type: "BigInt", Description: "In bytes; null if the file is lost."},
		{Name: "type", Type: "String", Description: "The media type as which it is served; null if the file is lost."},
	})
	d.define(InputType, "GeoPointInput", "", point)
	scalar("Upload", "https://github.com/jaydenseric/graphql-multipart-request-spec", "A file of the request, or the name of a stored one that is to stay.")
	order := []string{"eq", "ne", "gt", "gte", "lt", "lte", "in", "notIn"}
	d.operators("ID", append(order, "isNull")...)
	d.operators("String", append(order, "like", "notLike", "ilike", "isNull")...)
	d.operators("Float", order...)
	d.operators("Int", order...)
	d.operators("BigInt", order...)
	d.operators("DateTime", append(order, "within", "isNull")...)
	d.define(InputType, "DateTimeRange", "Times from the first to just before the second.", []Member{{Name: "from", Type: "DateTime!"}, {Name: "to", Type: "DateTime!"}})
	d.operators("Boolean", "eq", "ne")
	d.operators("JSON", "isNull")
	d.define(InputType, "JSONSort", "By a value within the document. Its path has keys and positions, as address.city or lines.0.price.",
		[]Member{{Name: "path", Type: "String!"}, {Name: "direction", Type: "SortDirection!"}})
	d.listFilter("ID")
	d.listFilter("String")
}

// operators adds the input type of filters by one kind of value.
func (d *definer) operators(of string, list ...string) {
	members := make([]Member, 0, len(list))
	for _, operator := range list {
		m := Member{Name: operator, Type: of}
		switch operator {
		case "in", "notIn":
			m.Type = "[" + of + "]"
		case "within":
			m.Type = of + "Range"
		case "isNull":
			m.Type = "Boolean"
		}
		members = append(members, m)
	}
	d.define(InputType, of+"Filter", "", members)
}

// listFilter adds the input type of filters by a list of values.
func (d *definer) listFilter(of string) {
	d.define(InputType, of+"ManyFilter", "", []Member{
		{Name: "contains", Type: of}, {Name: "containsAny", Type: "[" + of + "]"}, {Name: "containsAll", Type: "[" + of + "]"},
		{Name: "length", Type: "IntFilter"}, {Name: "isNull", Type: "Boolean"},
	})
}
