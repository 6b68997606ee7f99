package schema

import (
	"encoding/json"
	"testing"
)

func TestFieldJSON(t *testing.T) {
	for _, want := range []string{
		`{"autogeneratePattern":"","help":"","hidden":false,"id":"","max":0,"min":0,"name":"","pattern":"","presentable":false,"primaryKey":false,"required":false,"system":false,"type":"text"}`,
		`{"convertURLs":false,"help":"","hidden":false,"id":"","maxSize":0,"name":"","presentable":false,"required":false,"system":false,"type":"editor"}`,
		`{"help":"","hidden":false,"id":"","max":null,"min":null,"name":"","onlyInt":false,"presentable":false,"required":false,"system":false,"type":"number"}`,
		`{"help":"","hidden":false,"id":"","name":"","presentable":false,"required":false,"system":false,"type":"bool"}`,
		`{"exceptDomains":[],"help":"","hidden":false,"id":"","name":"","onlyDomains":[],"presentable":false,"required":false,"system":false,"type":"email"}`,
		`{"exceptDomains":[],"help":"","hidden":false,"id":"","name":"","onlyDomains":[],"presentable":false,"required":false,"system":false,"type":"url"}`,
		`{"help":"","hidden":false,"id":"","max":"","min":"","name":"","presentable":false,"required":false,"system":false,"type":"date"}`,
		`{"hidden":false,"id":"","name":"","onCreate":false,"onUpdate":false,"presentable":false,"system":false,"type":"autodate"}`,
		`{"help":"","hidden":false,"id":"","maxSelect":0,"name":"","presentable":false,"required":false,"system":false,"type":"select","values":null}`,
		`{"help":"","hidden":false,"id":"","maxSize":0,"name":"","presentable":false,"required":false,"system":false,"type":"json"}`,
		`{"help":"","hidden":false,"id":"","maxSelect":0,"maxSize":0,"mimeTypes":[],"name":"","presentable":false,"protected":false,"required":false,"system":false,"thumbs":[],"type":"file"}`,
		`{"cascadeDelete":false,"collectionId":"","help":"","hidden":false,"id":"","maxSelect":0,"minSelect":0,"name":"","presentable":false,"required":false,"system":false,"type":"relation"}`,
		`{"cost":0,"help":"","hidden":false,"id":"","max":0,"min":0,"name":"","pattern":"","presentable":false,"required":false,"system":false,"type":"password"}`,
		`{"help":"","hidden":false,"id":"","name":"","presentable":false,"required":false,"system":false,"type":"geoPoint"}`,
		`{"exceptDomains":["a.b"],"help":"h<","hidden":true,"id":"x","name":"n","onlyDomains":[],"presentable":true,"required":true,"system":true,"type":"email"}`,
		`{"help":"","hidden":false,"id":"","max":"2024-01-02 00:00:00.000Z","min":"","name":"","presentable":false,"required":false,"system":false,"type":"date"}`,
	} {
		var f Field
		if err := json.Unmarshal([]byte(want), &f); err != nil {
			t.Errorf("Unmarshal(%s): %v", want, err)
			continue
		}
		if got, err := Marshal(&f); err != nil || string(got) != want {
			t.Errorf("field JSON = %s, %v, want %s", got, err, want)
		}
		if got, _ := Marshal(f.Clone()); string(got) != want {
			t.Errorf("JSON of a clone = %s, want %s", got, want)
		}
	}
}

func TestFieldJSONTolerates(t *testing.T) {
	var f Field
	err := json.Unmarshal([]byte(`{"type":"date","min":"2024-01-02","max":"nonsense","unknown":{}}`), &f)
	if d := f.Kind.(*Date); err != nil || d.Min != "2024-01-02 00:00:00.000Z" || d.Max != "" {
		t.Errorf("date field = %+v, %v, want canonical limits", d, err)
	}
	for _, bad := range []string{`{}`, `{"type":"nope"}`, `{"type":"Text"}`, `{"type":"text","min":"1"}`, `{"type":"text","min":1.5}`, `{"type":5}`, `[]`} {
		if err := json.Unmarshal([]byte(bad), &f); err == nil {
			t.Errorf("Unmarshal(%s) succeeded, want an error", bad)
		}
	}
}
