// Subscriptions: the fields of Subscription, and the types of their messages.

package model

// subscriptions makes the fields of Subscription. The names of types differ, and so do those of
// lists, and the two have different endings: so the names of these fields differ.
func (b *builder) subscriptions() {
	for _, r := range b.model.list {
		if !r.watchable() {
			continue
		}
		root := &Root{Name: lowerFirst(r.Name) + "Changed", Kind: RootChanged, Record: r, typeName: r.Name + "Change!", args: []Argument{
			{"id", "ID"}, {"filter", r.Name + "Filter"}, {"where", "String"}, {"actions", "[ChangeAction!]"}, {"since", "String"},
		}}
		b.subscription(root)
	}
	for _, r := range b.model.order {
		if r.Kind == RootList && r.Record.watchable() {
			b.subscription(&Root{Name: r.Name + "Live", Kind: RootLive, Record: r.Record, typeName: r.typeName, args: r.args})
		}
	}
}

func (b *builder) subscription(r *Root) {
	b.model.Subscriptions[r.Name] = r
	b.model.watched = append(b.model.watched, r)
}

// watchable reports whether changes of the records can be subscribed to: views have no changes.
func (r *Record) watchable() bool { return !r.Collection.IsView() }

// subscriptions adds the type Subscription, if it has fields, and the actions.
func (d *definer) subscriptions(list []*Root) {
	if len(list) == 0 {
		return
	}
	members := make([]Member, 0, len(list))
	for _, r := range list {
		members = append(members, Member{Name: r.Name, Type: r.typeName, Arguments: r.args})
	}
	d.define(ObjectType, "Subscription", "", members)
	d.define(EnumType, "ChangeAction", "", []Member{
		{Name: "CREATE"}, {Name: "UPDATE"}, {Name: "DELETE", Description: "The record as it was last."},
		{Name: "ENTER", Description: "An update after which the record satisfies rule and filter."},
		{Name: "LEAVE", Description: "An update after which it does not: only the id is told."},
	})
}

// change adds the type of a message about a change of a record.
func (d *definer) change(r *Record) {
	if !r.watchable() {
		return
	}
	d.define(ObjectType, r.Name+"Change", "", []Member{
		{Name: "token", Type: "String", Description: "Of the last change of a transaction: subscribe with it as since, and nothing after it is missed."},
		{Name: "action", Type: "ChangeAction!"}, {Name: "record", Type: r.Name, Description: "Null if the record leaves."}, {Name: "id", Type: "ID!"},
	})
}
