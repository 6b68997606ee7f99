// <shop-colour> is the input of the field "colour": a swatch for each usual colour, and a box for
// other colours.
const colours = { Red: '#c62828', Yellow: '#f9a825', Green: '#2e7d32', Blue: '#1565c0', Black: '#000000' };

class ShopColour extends HTMLElement {
  connectedCallback() {
    if (this.box) return;
    this.swatches = Object.entries(colours).map(([name, value]) => {
      const swatch = Object.assign(document.createElement('button'), { type: 'button', className: 'shop-swatch', value, title: name, ariaLabel: name });
      swatch.style.background = value;
      swatch.addEventListener('click', () => this.put(value));
      return swatch;
    });
    this.box = Object.assign(document.createElement('input'), { className: 'input', ariaLabel: 'Another colour', placeholder: '#rrggbb' });
    this.box.addEventListener('input', () => this.put(this.box.value));
    this.append(...this.swatches, this.box);
    this.input.addEventListener('input', () => this.show());
    this.show();
  }

  focus(options) {
    (this.swatches.find((swatch) => swatch.value === this.input.value) ?? this.box).focus(options);
  }

  put(colour) {
    this.input.value = colour;
    this.input.dispatchEvent(new Event('input', { bubbles: true }));
    this.input.dispatchEvent(new Event('change', { bubbles: true }));
  }

  show() {
    for (const swatch of this.swatches) swatch.ariaPressed = String(swatch.value === this.input.value);
    if (this.box.value !== this.input.value) this.box.value = this.input.value;
  }
}
customElements.define('shop-colour', ShopColour);
