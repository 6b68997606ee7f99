// Derived ids of collections and fields that are submitted without one: a checksum of type
// and name, as in PocketBase.

package standard

import (
	"hash/crc32"
	"strconv"
)

// checksum returns the CRC-32 of a text as a decimal number.
func checksum(s string) string {
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(s))), 10)
}

// CollectionID returns the id of a collection that was submitted without one. It is derived from
// type and name, so that equal schemas get equal ids, with a number appended if it is in use.
func CollectionID(kind, name string, taken func(id string) bool) string {
	return firstFree("pbc_"+checksum(kind+name), taken)
}

// FieldID returns the id of a field that was submitted without one, derived like that of a
// collection.
func FieldID(kind, name string, taken func(id string) bool) string {
	return firstFree(kind+checksum(name), taken)
}

// firstFree appends 2, 3 and so on until the id is free.
func firstFree(id string, taken func(string) bool) string {
	if taken == nil || !taken(id) {
		return id
	}
	for n := 2; ; n++ {
		if next := id + strconv.Itoa(n); !taken(next) {
			return next
		}
	}
}
