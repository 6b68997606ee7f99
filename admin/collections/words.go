package collections

import "github.com/loambase/loam/core/collection"

// lossWords says what is lost, with its number.
func lossWords(l collection.Loss) string {
	n := int(l.Count)
	switch l.Cause {
	case collection.LossDeleted:
		return plural(n, "record")
	case collection.LossDropped:
		return plural(n, "value") + " of a field that goes"
	case collection.LossEmptied:
		return plural(n, "value") + " of which nothing stays"
	}
	return plural(n, "value") + " that another one takes the place of"
}

func fieldWords(field string) string {
	if field == "" {
		return ""
	}
	return "." + field
}

func openWords(r rule) string {
	if r.name == "authRule" {
		return "Every account"
	}
	return "Everyone"
}
