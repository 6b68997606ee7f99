package api

import (
	"maps"
	"slices"

	"github.com/loambase/loam/core/fault"
)

// describeFields lists what is wrong with which field.
func describeFields(prefix string, fields fault.Fields) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		f := fields[name]
		if f.Code == "" {
			list = append(list, describeFields(prefix+name+".", f.Fields)...)
			continue
		}
		list = append(list, prefix+name+": "+f.Message)
	}
	return list
}
