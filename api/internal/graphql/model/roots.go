// The fields of Query.

package model

// roots makes the fields of Query. Lists have the names of their collections, even of those that
// the audience does not have; generated names avoid them.
func (b *builder) roots() {
	taken := make(names, 3*len(b.collections)+3)
	lists := map[string]string{}
	for _, c := range b.collections {
		lists[c.ID] = taken.claim(c.Name)
	}
	b.root(&Root{Name: taken.claim("node"), Kind: RootNode, typeName: "Node", args: []Argument{{"nodeId", "ID!"}}})
	b.root(&Root{Name: taken.claim("nodes"), Kind: RootNodes, typeName: "[Node]!", args: []Argument{{"nodeIds", "[ID!]!"}}})
	if me := taken.claim("me"); len(b.model.accounts) > 0 {
		b.root(&Root{Name: me, Kind: RootMe, typeName: "AuthRecord"})
	}
	for _, r := range b.model.list {
		list := lists[r.Collection.ID]
		one := lowerFirst(r.Name)
		if one == list {
			one = list + "ById"
		}
		one = taken.claim(one)
		aggregate := taken.claim(list + "Aggregate")
		if r.List {
			b.root(&Root{Name: list, Kind: RootList, Record: r, typeName: r.Name + "Connection!", args: r.arguments()})
		}
		if r.View {
			b.root(&Root{Name: one, Kind: RootOne, Record: r, typeName: r.Name, args: []Argument{{"id", "ID!"}}})
		}
		if r.List {
			b.root(&Root{Name: aggregate, Kind: RootAggregate, Record: r, typeName: "[" + r.Name + "Aggregate!]!", args: aggregateArguments(r)})
		}
	}
}

func (b *builder) root(r *Root) {
	b.model.Roots[r.Name] = r
	b.model.order = append(b.model.order, r)
}
