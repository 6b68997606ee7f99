// The problems of a page of settings, at the inputs of the page.

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

// failSettings is form.Fail with the problems of lists at the inputs of their entries. A problem of
// a line names the number of the line.
func failSettings(c *console.Call, err error) error {
	list, err := problemsOf(c, err)
	if err != nil {
		return err
	}
	return form.Refuse(c, http.StatusUnprocessableEntity, list)
}

// problemsOf returns the problems of an Invalid fault with the names of their inputs. Any other error
// is returned.
func problemsOf(c *console.Call, err error) (list []form.Problem, other error) {
	problems, err := console.Problems(err)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		input, before := inputOf(name, c.R.PostForm[channelOrder])
		words := before + problems[name]
		if last := len(list) - 1; last >= 0 && list[last].Name == input { // another line of the same input
			list[last].Message += " " + words
			continue
		}
		list = append(list, form.Problem{Name: input, Message: words})
	}
	return list, nil
}

// inputOf returns the name of the input for a value of the settings document, and the beginning of
// its problem. order has the keys of the channels.
func inputOf(name string, order []string) (input, before string) {
	list, index, property := entryName(name)
	switch {
	case index < 0:
	case list == rulesName:
		return ruleInput(index, property), ""
	case list == channelsName && index < len(order):
		return channelEntry{key: order[index]}.at(property), ""
	case property == "": // a line of form.Lines
		return list, fmt.Sprintf("Line %d: ", index+1)
	}
	return name, ""
}

// entryName splits the path of a value in a list: realtime.channels.2.pattern is "pattern" of the
// entry 2 of realtime.channels. index is -1 if the path has no number.
func entryName(name string) (list string, index int, property string) {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if n, err := strconv.Atoi(part); err == nil && n >= 0 {
			return strings.Join(parts[:i], "."), n, strings.Join(parts[i+1:], ".")
		}
	}
	return name, -1, ""
}
