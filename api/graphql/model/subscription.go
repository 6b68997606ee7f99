// Subscriptions: the fields of Subscription, and what they tell.

package model

// subscriptions makes the fields of Subscription. Types have different names, so these do.
func (b *builder) subscriptions() {
	for _, r := range b.list {
		if !r.watchable() {
			continue
		}
		root := &Root{Name: lowerFirst(r.Name) + "Changed", Kind: RootChanged, Record: r, typeName: r.Name + "Change!", args: []argument{
			{"id", "ID"}, {"filter", r.Name + "Filter"}, {"where", "String"}, {"actions", "[ChangeAction!]"}, {"since", "String"},
		}}
		b.model.Subscriptions[root.Name] = root
		b.watched = append(b.watched, root)
	}
}

// watchable reports whether changes of the records are told: views have none.
func (r *Record) watchable() bool { return !r.Collection.IsView() }

// subscriptions writes the type Subscription, if it has fields, and the actions.
func (p *printer) subscriptions(list []*Root) {
	if len(list) == 0 {
		return
	}
	p.begin("type", "Subscription", "", "")
	for _, r := range list {
		p.member(r.Name, r.typeName, "", r.args...)
	}
	p.end()
	p.begin("enum", "ChangeAction", "", "")
	p.member("CREATE", "", "")
	p.member("UPDATE", "", "")
	p.member("DELETE", "", "The record as it was last.")
	p.member("ENTER", "", "An update after which the record satisfies rule and filter.")
	p.member("LEAVE", "", "An update after which it does not: only the id is told.")
	p.end()
}

// change writes what is told of a change of a record.
func (p *printer) change(r *Record) {
	if !r.watchable() {
		return
	}
	p.begin("type", r.Name+"Change", "", "")
	p.member("token", "String", "Of the last change of a transaction: subscribe with it as since, and nothing after it is missed.")
	p.member("action", "ChangeAction!", "")
	p.member("record", r.Name, "Null if the record leaves.")
	p.member("id", "ID!", "")
	p.end()
}
