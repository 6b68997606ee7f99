package api

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loambase/loam/api/internal/shape"
	"github.com/loambase/loam/api/internal/shape/typed"
	"github.com/loambase/loam/core"
	"github.com/loambase/loam/core/coretest"
	"github.com/loambase/loam/internal/need"
)

// useGo is a program that uses the generated package: it writes and reads fields of every kind.
const useGo = `package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"example.com/use/loam"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	ctx := context.Background()
	c := &loam.Client{URL: os.Args[1]}
	ann, err := c.People().Create(ctx, loam.PeopleCreate{Email: "ann@example.com", Password: "a-long-password", PasswordConfirm: "a-long-password"})
	check(err)
	_, err = c.People().SignIn(ctx, "ann@example.com", "a-long-password")
	check(err)
	when := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	made, err := c.EveryKinds().Create(ctx, loam.EveryKindCreate{
		Text: "One", Editor: loam.Ptr("<p>x</p>"), Number: loam.Ptr(1.5), Count: loam.Ptr(int64(3)), Bool: loam.Ptr(true),
		Email: loam.Ptr("a@example.com"), URL: loam.Ptr("https://example.com"), Date: loam.Ptr(loam.At(when)),
		Status: loam.Ptr(loam.EveryKindStatusTwoWords), Sizes: []loam.EveryKindSizes{loam.EveryKindSizesS, loam.EveryKindSizesL},
		JSON: json.RawMessage("{\"a\":[1,null]}"), Person: &ann.ID, People: []string{ann.ID}, Point: &loam.Point{Lon: 1, Lat: 2},
		Pin: loam.Ptr("1234"), Func: loam.Ptr("f"),
	})
	check(err)
	made, err = c.EveryKinds().Update(ctx, made.ID, loam.EveryKindUpdate{CountAdd: loam.Ptr(int64(2)), SizesRemove: []loam.EveryKindSizes{loam.EveryKindSizesS}, People: []string{}})
	check(err)
	page, err := c.EveryKinds().List(ctx, loam.Options{Filter: "count = 5", Expand: "person", PerPage: 3})
	check(err)
	r, err := c.EveryKinds().Get(ctx, made.ID, loam.Options{Expand: "person.every_kinds_via_person"})
	check(err)
	if at, err := r.Date.Time(); err != nil || !at.Equal(when) {
		panic(fmt.Sprint(at, err))
	}
	fmt.Println(r.Text, r.Editor, r.Number, r.Count, r.Bool, r.Email, r.URL, r.Date, r.Status, r.Sizes, string(r.JSON), r.Point, r.Pin == "", r.Func,
		r.Person == ann.ID, len(r.People), r.File == "", len(r.Files), r.CollectionName, r.Expand.Person.Expand.EveryKindsViaPerson[0].ID == r.ID,
		page.TotalItems, page.PerPage, page.Items[0].Expand.Person.ID == ann.ID)
	check(c.EveryKinds().Delete(ctx, r.ID))
	var refused *loam.Error
	if _, err = c.EveryKinds().Get(ctx, r.ID, loam.Options{}); !errors.As(err, &refused) || refused.Status != 404 {
		panic(err)
	}
}
`

// everyKind returns an app with a collection that has fields of every kind, and with collections
// and fields whose names are reserved in the languages.
func everyKind(t *testing.T) *core.App {
	t.Helper()
	app := coretest.New(t)
	people := coretest.Collection(t, app, `{"name":"people","type":"auth","listRule":"","viewRule":"","createRule":"",
		"fields":[{"name":"password","type":"password","min":8,"cost":4}]}`)
	coretest.Collection(t, app, `{"name":"every_kinds","listRule":"","viewRule":"","createRule":"","updateRule":"","deleteRule":"","fields":[
		{"name":"text","type":"text","required":true,"help":"A title,\n*/ closed."},{"name":"editor","type":"editor"},{"name":"number","type":"number"},
		{"name":"count","type":"number","onlyInt":true},{"name":"bool","type":"bool"},{"name":"email","type":"email"},{"name":"url","type":"url"},
		{"name":"date","type":"date"},{"name":"created","type":"autodate","onCreate":true},
		{"name":"status","type":"select","values":["draft","two words","1st","1-st","\"`+"`"+`\\"]},
		{"name":"sizes","type":"select","values":["s","m","l"],"maxSelect":3},{"name":"json","type":"json"},{"name":"file","type":"file"},
		{"name":"files","type":"file","maxSelect":3},{"name":"person","type":"relation","collectionId":"`+people.ID+`"},
		{"name":"people","type":"relation","collectionId":"`+people.ID+`","maxSelect":5},{"name":"point","type":"geoPoint"},
		{"name":"pin","type":"password"},{"name":"hidden","type":"text","hidden":true},{"name":"func","type":"text"},{"name":"_under","type":"text"},
		{"name":"under","type":"text"},{"name":"expand_","type":"text"}]}`)
	for _, name := range []string{"clients", "options", "strings", "never", "errors"} { // names of client types
		coretest.Collection(t, app, `{"name":"`+name+`","listRule":"","fields":[{"name":"client","type":"text"}]}`)
	}
	return app
}

// served starts a server and returns its URL.
func served(t *testing.T, app *core.App) string {
	t.Helper()
	handler, err := (&Program{App: app}).Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// writeFiles writes files, given by their paths, to a new folder and returns the folder.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestGenerateGo compiles the generated package, and runs a program that uses the package.
func TestGenerateGo(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts programs")
	}
	t.Parallel()
	app := everyKind(t)
	write := func() string { return string(typed.Go{}.Write(shape.Of(app.Snapshot(), false))) }
	source := write()
	if source != write() {
		t.Error("the same collections give another text")
	}
	if strings.Contains(source, "idden") {
		t.Error("a hidden field is there")
	}
	// Types of collections keep their names: the types of the client with equal names get a "_".
	use := strings.NewReplacer("loam.Client{", "loam.Client_{", "loam.Error", "loam.Error_").Replace(useGo)
	dir := writeFiles(t, map[string]string{"go.mod": "module example.com/use\n\ngo 1.24\n", "main.go": use, "loam/loam.go": source})
	cmd := exec.Command("go", "run", ".", served(t, app))
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	const want = `One <p>x</p> 1.5 5 true a@example.com https://example.com 2026-01-31 12:00:00.000Z two words [l] {"a":[1,null]} {1 2} true f ` +
		"true 0 true 0 every_kinds true 1 3 true\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s\nwant %s", err, out, want)
	}
}

// useKotlin is a program that uses the generated file: it writes and reads fields of every kind.
// Gson decodes all numbers as Double.
const useKotlin = `package loam

import com.google.gson.GsonBuilder
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.time.Instant

val gson = GsonBuilder().serializeNulls().create()!!

fun ask(url: String, method: String, path: String, body: Any? = null): Map<String, Any?> {
    val request = HttpRequest.newBuilder(URI(url + "/api/collections/" + path)).header("Content-Type", "application/json")
        .method(method, HttpRequest.BodyPublishers.ofString(gson.toJson(body))).build()
    val answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString())
    check(answer.statusCode() == 200) { answer.body() }
    @Suppress("UNCHECKED_CAST")
    return gson.fromJson(answer.body(), Map::class.java) as Map<String, Any?>
}

fun main(arguments: Array<String>) {
    val url = arguments[0]
    val people = Collections.PEOPLE + "/records"
    val kinds = Collections.EVERY_KINDS + "/records"
    val ann = People(ask(url, "POST", people, PeopleCreate("ann@example.com", "a-long-password", "a-long-password").raw))
    val at = Instant.parse("2026-01-31T12:00:00Z")
    var r = EveryKind(ask(url, "POST", kinds, EveryKindCreate("One").apply {
        editor = "<p>x</p>"; number = 1.5; count = 3; bool = true; email = "a@example.com"; this.url = "https://example.com"; date = at
        status = EveryKindStatus.TWO_WORDS; sizes = listOf(EveryKindSizes.S, EveryKindSizes.L); json = mapOf("a" to listOf(1, null))
        person = ann.id; this.people = listOf(ann.id); point = GeoPoint(1.0, 2.0); pin = "1234"; func = "f"
    }.raw))
    check(r.date == at && r.status == EveryKindStatus.TWO_WORDS && r.created != null)
    r = EveryKind(ask(url, "PATCH", kinds + "/" + r.id + "?expand=person.every_kinds_via_person", EveryKindUpdate().apply {
        countAdd = 2; sizesRemove = listOf(EveryKindSizes.S); status = null; date = null
    }.raw))
    check(r.expand.person?.expand?.everyKindsViaPerson?.get(0) == EveryKind(r.raw - "expand"))
    println(listOf(r.text, r.editor, r.number, r.count, r.bool, r.email, r.url, r.date, r.status, r.sizes, r.json, r.point, r.pin, r.func,
        r.people.size, r.file, r.files, r.collectionName, r.expand.person?.email, EveryKindStatus.values()[4].value))
}
`

// TestGenerateKotlin compiles the generated file, and runs a program that uses the file.
func TestGenerateKotlin(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts programs")
	}
	t.Parallel()
	need.Program(t, "kotlinc")
	const gson = "/usr/share/java/gson.jar"
	if _, err := os.Stat(gson); err != nil {
		need.Skip(t, "libgoogle-gson-java is not installed")
	}
	app := everyKind(t)
	dir := writeFiles(t, map[string]string{"loam.kt": string(typed.Kotlin.Write(shape.Of(app.Snapshot(), false))), "use.kt": useKotlin})
	execute := func(name string, arguments ...string) string {
		t.Helper()
		cmd := exec.Command(name, arguments...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		return string(out)
	}
	execute("kotlinc", "loam.kt", "use.kt", "-classpath", gson, "-include-runtime", "-d", "use.jar")
	const want = "[One, <p>x</p>, 1.5, 5, true, a@example.com, https://example.com, null, null, [L], {a=[1.0, null]}, " +
		"GeoPoint(lon=1.0, lat=2.0), , f, 1, , [], every_kinds, null, \"`\\]\n"
	if got := execute("java", "-cp", "use.jar:"+gson, "loam.UseKt", served(t, app)); got != want {
		t.Errorf("the program prints\n%s\nwant %s", got, want)
	}
}
