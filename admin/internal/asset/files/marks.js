// Marks: the hidden input _base of a form has the state of the stored values when the form was opened.
// A save compares it with the stored values, and so detects changes that others have made since.

/** The input of the marks, in a form or in a part that holds the form. */
const baseOf = (root) => root.querySelector('[name=_base]');

/** The marks of a form by the names of the values. The form of fields and indexes has objects within objects. */
export const marksOf = (root) => JSON.parse(baseOf(root)?.value ?? '{}');

export function setMarks(form, marks) {
  if (baseOf(form)) baseOf(form).value = JSON.stringify(marks);
}

/** Replaces the marks of some values. */
export const addMarks = (form, marks) => setMarks(form, { ...marksOf(form), ...marks });

/**
 * The place of the mark of an input: the object that has it, its key there, and its whole path. An input without a
 * mark of its own has that of the nearest value around it: listRule.mode has the mark listRule. null if there is none.
 */
export function placeOf(marks, name, path = '') {
  for (let key = name; key; key = key.slice(0, Math.max(0, key.lastIndexOf('.')))) {
    if (!Object.hasOwn(marks, key)) continue;
    if (key === name || typeof marks[key] !== 'object') return { holder: marks, key, path: path + key };
    return placeOf(marks[key] ?? {}, name.slice(key.length + 1), `${path}${key}.`);
  }
  return null;
}
