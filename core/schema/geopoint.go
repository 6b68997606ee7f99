// The field kind geoPoint: longitude and latitude.

package schema

import (
	"encoding/json"

	"github.com/loambase/loam/core/fault"
	"github.com/loambase/loam/core/internal/cast"
	"github.com/loambase/loam/core/internal/store"
)

// GeoPoint is a field with a place on earth; 0,0 for none.
type GeoPoint struct{}

// Type returns "geoPoint".
func (*GeoPoint) Type() string { return "geoPoint" }

// Multiple returns false.
func (*GeoPoint) Multiple() bool { return false }

// Class returns ClassPoint.
func (*GeoPoint) Class() Class { return ClassPoint }

// Column returns store.ColumnGeo.
func (*GeoPoint) Column() store.ColumnKind { return store.ColumnGeo }

// Zero returns the point 0,0.
func (*GeoPoint) Zero() any { return Point{} }

// Cast converts an object with the numbers lon and lat, or its JSON.
func (*GeoPoint) Cast(v any) any {
	switch v := v.(type) {
	case Point:
		return v
	case map[string]any:
		return Point{Lon: degrees(v["lon"]), Lat: degrees(v["lat"])}
	case string:
		return textPoint([]byte(v))
	case json.RawMessage:
		return textPoint(v)
	case []byte:
		return textPoint(v)
	}
	return Point{}
}

func textPoint(raw []byte) Point {
	var p struct{ Lon, Lat any }
	if json.Unmarshal(raw, &p) != nil {
		return Point{}
	}
	return Point{Lon: degrees(p.Lon), Lat: degrees(p.Lat)}
}

// degrees converts a number; a text becomes 0, even if it has the form of a number.
func degrees(v any) float64 {
	switch v.(type) {
	case string, bool:
		return 0
	}
	return cast.Number(v)
}

// Validate checks the ranges of longitude and latitude.
func (*GeoPoint) Validate(f *Field, v any) *fault.Field {
	p, _ := v.(Point)
	switch {
	case p == Point{}:
		return required(f, true)
	// Written so that NaN also fails.
	case !(p.Lat >= -90 && p.Lat <= 90):
		return fault.Leaf("validation_invalid_latitude", "Latitude must be between -90 and 90 degrees")
	case !(p.Lon >= -180 && p.Lon <= 180):
		return fault.Leaf("validation_invalid_longitude", "Longitude must be between -180 and 180 degrees")
	}
	return nil
}

// Check validates the options of the field.
func (*GeoPoint) Check(*Field) fault.Fields { return nil }

func (*GeoPoint) clone() Kind { return &GeoPoint{} }

func (g *GeoPoint) load(rows store.Rows, col int) any { return g.Cast(rows.Text(col)) }
