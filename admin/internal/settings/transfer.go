package settings

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/loambase/loam/admin/internal/console"
	"github.com/loambase/loam/admin/internal/form"
	"github.com/loambase/loam/admin/internal/sheet"
	"github.com/loambase/loam/core/collection"
	"github.com/loambase/loam/core/schema"
)

const transferPath = "/_/collections"

// maxDefinitions is the size limit of a file of collections, in bytes.
const maxDefinitions = 16 << 20

func showTransfer(c *console.Call) error {
	p := frame("Import and export", transferPath)
	p.Scripts = append(p.Scripts, "range.js")
	return c.Page(p, transferPage(byName(c.App.Snapshot().All())))
}

// byName returns the collections in the order of the side bar: by name, system collections last.
func byName(all []*schema.Collection) []*schema.Collection {
	key := func(in *schema.Collection) string {
		if in.System {
			return "1" + strings.ToLower(in.Name)
		}
		return "0" + strings.ToLower(in.Name)
	}
	return slices.SortedFunc(slices.Values(all), func(a, b *schema.Collection) int { return strings.Compare(key(a), key(b)) })
}

// exportCollections answers with a file of the definitions of the chosen collections, without
// secrets.
func exportCollections(c *console.Call) error {
	c.W.Header().Set("Content-Disposition", `attachment; filename="collections.json"`)
	return c.IndentedJSON(chosenCollections(c))
}

// previewExport answers with the text that exportCollections would send.
func previewExport(c *console.Call) error {
	list := chosenCollections(c)
	text, err := console.Indented(list)
	if err != nil {
		return err
	}
	return c.Part(exportPreview(len(list), text))
}

// chosenCollections returns the collections whose ids are in the address.
func chosenCollections(c *console.Call) []*schema.Collection {
	chosen := c.R.URL.Query()["c"]
	list := []*schema.Collection{}
	for _, in := range c.App.Snapshot().All() {
		if slices.Contains(chosen, in.ID) {
			list = append(list, in)
		}
	}
	return list
}

// document is the definition of a collection or a field: the JSON of each property by its name.
type document map[string]json.RawMessage

func (d document) text(name string) (text string) {
	if json.Unmarshal(d[name], &text) != nil {
		return ""
	}
	return text
}

// comparison describes the effect of an import.
type comparison struct {
	text          string // the content of the file
	definitions   []json.RawMessage
	deleteMissing bool
	changes       []collectionChange
	same          []string // names of unchanged collections
	missing       []missing
	plan          *collection.Plan
	name          string // the name that the superuser has to type; "" if nothing is lost
	again         bool   // another name was typed
}

// missing is an existing collection that is not in the file.
type missing struct {
	name string
	rows int64 // number of records that are deleted with it; -1 if it is not deleted
}

// collectionChange describes the change of a collection.
type collectionChange struct {
	name, was  string // was is the old name; "" for a new collection
	isNew      bool
	properties []change
	fields     []change
	byName     []string // the names of the collection and of the fields that have another id in the file
}

// change is the change of a property, or of a field with the changes of its properties.
type change struct {
	sign     string // "+", "~" or "-"
	name     string
	kind     string
	was, now string
	options  []change
}

// typedImport returns the content of the file, or the pasted text, in the form.
func typedImport(c *console.Call) (text string, deleteMissing bool, err error) {
	if err := form.Read(c, maxDefinitions); err != nil {
		return "", false, err
	}
	defer form.Close(c)
	text = c.R.PostForm.Get("text")
	if file, _, err := c.R.FormFile("file"); err == nil {
		defer file.Close()
		data, err := io.ReadAll(file)
		if err != nil {
			return "", false, err
		}
		if len(data) > 0 {
			text, _ = sheet.Text(data)
		}
	}
	return text, c.R.PostForm.Get("deleteMissing") == "true", nil
}

// compareCollections answers with the changes that an import would make. It changes nothing.
func compareCollections(c *console.Call) error {
	found, problem, err := compare(c)
	switch {
	case err != nil:
		return err
	case problem != "":
		return refuseImport(c, problem)
	}
	return c.Part(comparisonPart(found))
}

func refuseImport(c *console.Call, problem string) error {
	return form.Refuse(c, http.StatusUnprocessableEntity, []form.Problem{{Name: "text", Message: problem}})
}

// importCollections imports the compared collections. If data would be lost, the superuser has to
// type a name.
func importCollections(c *console.Call) error {
	found, problem, err := compare(c)
	switch {
	case err != nil:
		return err
	case problem != "":
		return refuseImport(c, problem)
	}
	if c.R.PostForm.Get("name") != found.name {
		found.again = true
		return c.PartAs(http.StatusUnprocessableEntity, comparisonPart(found))
	}
	if err := c.App.Collections().Import(c.R.Context(), c.Caller, &collection.Import{Collections: found.definitions, DeleteMissing: found.deleteMissing}); err != nil {
		return err
	}
	c.Toast("Imported")
	return c.Go(transferPath)
}

// compare returns the effect of the import in the form. problem is a message about an import that
// is not possible, else "".
func compare(c *console.Call) (found comparison, problem string, err error) {
	text, deleteMissing, err := typedImport(c)
	if err != nil {
		return found, "", err
	}
	found = comparison{text: text, deleteMissing: deleteMissing}
	d, problem := definitionsOf(text)
	if problem != "" {
		return found, problem, nil
	}
	found.definitions = d.list
	body, err := json.Marshal(map[string]any{"import": map[string]any{"collections": d.list, "deleteMissing": deleteMissing}})
	if err != nil {
		return found, "", err
	}
	if found.plan, err = c.App.Collections().Plan(c.R.Context(), c.Caller, body); err != nil {
		problem, err = d.problemOf(err)
		return found, problem, err
	}
	return found, "", found.fill(c.App.Snapshot(), d.list)
}

// fill compares the definitions of the file with the existing collections.
func (f *comparison) fill(snapshot *schema.Snapshot, list []json.RawMessage) error {
	matched := map[string]bool{}
	for _, item := range list {
		var now document
		if err := json.Unmarshal(item, &now); err != nil {
			return err
		}
		in := snapshot.ByID(now.text("id"))
		if in == nil {
			in = snapshot.Find(now.text("name"))
		}
		if in == nil {
			f.changes = append(f.changes, collectionChange{name: now.text("name"), isNew: true, fields: fieldChanges(nil, now, false)})
			continue
		}
		matched[in.ID] = true
		change, err := difference(in, now, f.deleteMissing)
		if err != nil {
			return err
		}
		if len(change.properties)+len(change.fields) == 0 {
			f.same = append(f.same, in.Name)
		} else {
			f.changes = append(f.changes, change)
		}
	}
	gone := map[string]int64{}
	for _, p := range f.plan.Collections {
		if p.Action == "delete" {
			gone[p.ID] = p.Rows
		}
	}
	var names []string
	for _, in := range snapshot.All() {
		rows, deleted := gone[in.ID]
		if !deleted {
			rows = -1
		}
		if !matched[in.ID] && (deleted || !in.System) {
			f.missing = append(f.missing, missing{in.Name, rows})
		}
	}
	for _, l := range f.plan.Losses {
		if !slices.Contains(names, l.Collection) {
			names = append(names, l.Collection)
		}
	}
	for _, m := range f.missing {
		if m.rows >= 0 && !slices.Contains(names, m.name) {
			names = append(names, m.name)
		}
	}
	f.name = strings.Join(names, ", ")
	return nil
}

// silent lists the properties of a collection that the comparison leaves out. Fields are compared
// one by one.
var silent = []string{"id", "fields", "created", "updated", "type", "system"}

func difference(in *schema.Collection, now document, deleteMissing bool) (collectionChange, error) {
	text, err := schema.Marshal(in)
	if err != nil {
		return collectionChange{}, err
	}
	var was document
	if err := json.Unmarshal(text, &was); err != nil {
		return collectionChange{}, err
	}
	change := collectionChange{name: now.text("name"), was: in.Name, fields: fieldChanges(was, now, deleteMissing)}
	change.properties = properties(was, now, silent)
	change.byName = sameByName(was, now)
	return change, nil
}

// sameByName returns the names of the collection and of its fields that have another id in the new
// document.
func sameByName(was, now document) (names []string) {
	other := func(was, now document) bool {
		return now.text("id") != "" && now.text("id") != was.text("id") && strings.EqualFold(now.text("name"), was.text("name"))
	}
	if other(was, now) {
		names = append(names, now.text("name"))
	}
	var before, after []document
	if json.Unmarshal(was["fields"], &before) != nil || now["fields"] == nil || json.Unmarshal(now["fields"], &after) != nil {
		return names
	}
	for _, f := range after {
		if slices.ContainsFunc(before, func(b document) bool { return other(b, f) }) {
			names = append(names, f.text("name"))
		}
	}
	return names
}

// properties returns the properties of the new document whose values differ.
func properties(was, now document, without []string) (list []change) {
	for _, name := range sortedNames(now) {
		if slices.Contains(without, name) || equalJSON(was[name], now[name]) {
			continue
		}
		list = append(list, change{sign: "~", name: name, was: compact(was[name]), now: compact(now[name])})
	}
	return list
}

// fieldChanges compares the fields of two documents; was may be nil.
func fieldChanges(was, now document, deleteMissing bool) (list []change) {
	var before, after []document
	json.Unmarshal(was["fields"], &before)                                    //nolint:errcheck // was is the JSON of an existing collection
	if now["fields"] == nil || json.Unmarshal(now["fields"], &after) != nil { // not reached: the plan would have failed
		return nil
	}
	kept := map[int]bool{}
	for _, f := range after {
		i := slices.IndexFunc(before, func(b document) bool { return f.text("id") != "" && b.text("id") == f.text("id") })
		if i < 0 {
			i = slices.IndexFunc(before, func(b document) bool { return strings.EqualFold(b.text("name"), f.text("name")) })
		}
		if i < 0 {
			list = append(list, change{sign: "+", name: f.text("name"), kind: f.text("type")})
			continue
		}
		kept[i] = true
		if options := properties(before[i], f, []string{"id", "system"}); len(options) > 0 {
			list = append(list, change{sign: "~", name: before[i].text("name"), kind: before[i].text("type"), options: options})
		}
	}
	for i, b := range before {
		if system := string(b["system"]) == "true"; !kept[i] && deleteMissing && !system {
			list = append(list, change{sign: "-", name: b.text("name"), kind: b.text("type")})
		}
	}
	return list
}

func sortedNames(d document) []string {
	names := make([]string, 0, len(d))
	for name := range d {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// equalJSON reports whether two JSON texts have the same value. A missing text counts as null.
func equalJSON(a, b json.RawMessage) bool { return reflect.DeepEqual(value(a), value(b)) }

func value(text json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

const maxShown = 400 // characters of a value

// compact formats a value as one line of at most maxShown characters.
func compact(text json.RawMessage) string {
	var out bytes.Buffer
	if json.Compact(&out, text) != nil || out.Len() == 0 {
		return "nothing"
	}
	if letters := []rune(out.String()); len(letters) > maxShown {
		return string(letters[:maxShown]) + "…"
	}
	return out.String()
}
