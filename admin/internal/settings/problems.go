// The problems of the settings, at the inputs of a page.

package settings

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
)

// failSettings is form.Fail for settings: problems of the entries of lists are shown at the inputs
// of these entries.
func failSettings(c *console.Call, err error) error {
	list, err := problemsOf(c, err)
	if err != nil {
		return err
	}
	return form.Refuse(c, http.StatusUnprocessableEntity, list)
}

// problemsOf returns the problems of an Invalid fault by the names of their inputs. Any other error
// is returned.
func problemsOf(c *console.Call, err error) (list []form.Problem, other error) {
	problems, err := console.Problems(err)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		input, before := inputOf(name, c.R.PostForm[channelOrder])
		words := before + problems[name]
		if last := len(list) - 1; last >= 0 && list[last].Name == input { // the problem of an earlier line of the same input
			list[last].Message += " " + words
			continue
		}
		list = append(list, form.Problem{Name: input, Message: words})
	}
	return list, nil
}

// inputOf returns the name of the input for a path in the settings document, and a prefix for its
// problem. order has the keys of the channels.
func inputOf(name string, order []string) (input, before string) {
	list, index, property := entryName(name)
	switch {
	case name == rulesName:
		return rulesList, ""
	case name == channelsName:
		return channelsList, ""
	case index < 0:
	case list == rulesName:
		return ruleInput(index, property), ""
	case list == channelsName && index < len(order):
		return channelEntry{key: order[index]}.at(property), ""
	case property == "": // a line of an input of the kind form.Lines
		return list, fmt.Sprintf("Line %d: ", index+1)
	}
	return name, ""
}

// entryName splits the path of a value in a list: realtime.channels.2.pattern becomes
// realtime.channels, 2 and pattern. index is -1 if the path has no number.
func entryName(name string) (list string, index int, property string) {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if n, err := strconv.Atoi(part); err == nil && n >= 0 {
			return strings.Join(parts[:i], "."), n, strings.Join(parts[i+1:], ".")
		}
	}
	return name, -1, ""
}
