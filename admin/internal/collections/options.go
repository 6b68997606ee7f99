package collections

import (
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/core/schema"
)

// kinds lists the field types in the order of the menu.
var kinds = []string{"text", "editor", "number", "bool", "email", "url", "date", "autodate", "select", "file", "relation", "json", "geoPoint", "password"}

// inputs returns the inputs for the options of a field type. The name of each begins with at.
func inputs(kind, at string, targets []form.Option) []form.Input {
	list := []form.Input{
		{Name: at + ".name", Label: "Name", Mono: true},
		{Name: at + ".help", Label: "Help text", Help: "Stands under the input here."},
	}
	list = append(list, ofKind(kind, at, targets)...)
	if kind != "autodate" {
		list = append(list, form.Input{Name: at + ".required", Label: "Required", Help: requiredMeans(kind), Kind: form.Switch})
	}
	return append(list,
		form.Input{Name: at + ".hidden", Label: "Hidden", Help: "Apps never get it.", Kind: form.Switch},
		form.Input{Name: at + ".presentable", Label: "Presentable", Help: "It stands for the record in lists and relations.", Kind: form.Switch},
	)
}

// typePresets are common media types of a file field, by the names that the server detects.
var typePresets = []form.Option{
	{Label: "Images", Value: "image/jpeg\nimage/png\nimage/gif\nimage/webp\nimage/svg+xml"},
	{Label: "Documents", Value: "application/pdf\napplication/msword\napplication/vnd.openxmlformats-officedocument.wordprocessingml.document\n" +
		"application/vnd.ms-excel\napplication/vnd.openxmlformats-officedocument.spreadsheetml.sheet\napplication/vnd.oasis.opendocument.text\napplication/vnd.oasis.opendocument.spreadsheet"},
	{Label: "Videos", Value: "video/mp4\nvideo/webm\nvideo/quicktime\nvideo/x-msvideo\nvideo/x-ms-wmv\nvideo/3gpp"},
	{Label: "Archives", Value: "application/zip\napplication/x-7z-compressed\napplication/x-rar-compressed\napplication/gzip\napplication/x-tar"},
}

var thumbPresets = []form.Option{{Label: "100x100", Value: "100x100"}, {Label: "640x0", Value: "640x0"}, {Label: "1280x1280f", Value: "1280x1280f"}}

const thumbHelp = "Sizes in pixels, one a line. 100x100 fills the size and keeps the middle of the image, 100x100t the top, 100x100b the bottom; " +
	"100x100f holds all of the image; 100x0 and 0x100 keep its proportions."

func requiredMeans(kind string) string {
	switch kind {
	case "number":
		return "0 counts as missing."
	case "bool":
		return "It must be true."
	}
	return "It must not be empty."
}

func ofKind(kind, at string, targets []form.Option) []form.Input {
	number := func(name, label, help string) form.Input {
		return form.Input{Name: at + "." + name, Label: label, Help: help, Kind: form.Number}
	}
	toggle := func(name, label, help string) form.Input {
		return form.Input{Name: at + "." + name, Label: label, Help: help, Kind: form.Switch}
	}
	mono := func(name, label, help string) form.Input {
		return form.Input{Name: at + "." + name, Label: label, Help: help, Mono: true}
	}
	lines := func(name, label, help string) form.Input {
		return form.Input{Name: at + "." + name, Label: label, Help: help, Kind: form.Lines}
	}
	switch kind {
	case "text":
		return []form.Input{number("min", "Characters at least", ""), number("max", "Characters at most", "0: 5,000."),
			mono("pattern", "Pattern", "A regular expression, such as ^[a-z]+$."), mono("autogeneratePattern", "Made by the pattern", "For a record that comes without a value, such as [a-z0-9]{8}.")}
	case "editor":
		return []form.Input{number("maxSize", "Bytes at most", "0: 5 MiB."), toggle("convertURLs", "Take the own host out of addresses", "")}
	case "number":
		return []form.Input{{Name: at + ".min", Label: "Smallest", Kind: form.Decimal}, {Name: at + ".max", Label: "Largest", Kind: form.Decimal}, toggle("onlyInt", "Whole numbers only", "")}
	case "email", "url":
		return []form.Input{lines("onlyDomains", "Only these domains", "One a line."), lines("exceptDomains", "Never these domains", "One a line; one of both lists may be used.")}
	case "date":
		return []form.Input{{Name: at + ".min", Label: "Earliest", Kind: form.Moment}, {Name: at + ".max", Label: "Latest", Kind: form.Moment}}
	case "autodate":
		return []form.Input{toggle("onCreate", "Set when a record is created", ""), toggle("onUpdate", "Set when it is changed", "")}
	case "select":
		return []form.Input{lines("values", "Values", "One a line."), number("maxSelect", "How many at most", "1: it holds one value, else a list.")}
	case "file":
		return []form.Input{number("maxSelect", "How many at most", "1: it holds one file, else a list."), number("maxSize", "Bytes of each at most", "0: 5 MiB."),
			{Name: at + ".mimeTypes", Label: "Only these types", Help: "Media types, one a line. Empty: every type.", Kind: form.Lines, Options: typePresets},
			{Name: at + ".thumbs", Label: "Small images", Help: thumbHelp, Kind: form.Lines, Options: thumbPresets},
			toggle("protected", "Protected", "Only who may view the record may open it.")}
	case "relation":
		return []form.Input{{Name: at + ".collectionId", Label: "Collection", Help: "Fixed once it is saved.", Kind: form.Choice, Options: targets},
			number("minSelect", "How many at least", ""), number("maxSelect", "How many at most", "1: it holds one record, else a list."),
			toggle("cascadeDelete", "Delete along", "A record is deleted when the one that it holds is.")}
	case "json":
		return []form.Input{number("maxSize", "Bytes at most", "0: 1 MiB. A text that is JSON, as in a form, is stored as its value; other text is stored as a string.")}
	case "password":
		return []form.Input{number("min", "Characters at least", ""), number("max", "Characters at most", "0: 71."), mono("pattern", "Pattern", ""), number("cost", "Cost of the hash", "0: the usual one.")}
	}
	return nil
}

// targetsOf returns the collections that a relation can refer to: all but views.
func targetsOf(snapshot *schema.Snapshot) (list []form.Option) {
	for _, in := range snapshot.All() {
		if in.View == nil {
			list = append(list, form.Option{Value: in.ID, Label: in.Name})
		}
	}
	return list
}

// targetOf returns the only option for the target of a stored relation, which cannot be changed.
func targetOf(snapshot *schema.Snapshot, stored form.Document) []form.Option {
	if in := snapshot.ByID(stored.Text("collectionId")); in != nil {
		return []form.Option{{Value: in.ID, Label: in.Name}}
	}
	return nil
}
