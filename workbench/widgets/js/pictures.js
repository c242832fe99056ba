// @ts-check
// Pictures that are fetched before they are shown, and the last few of them kept.

/**
 * @param {(image_id: string, edge: number) => Promise<DataView>} fetchPicture
 * @param {number} edge longest edge that is asked for
 * @param {number} most so many are kept
 * @param {(image_id: string) => boolean} inUse whether one is on the screen, and has to stay
 */
export function keptPictures(fetchPicture, edge, most, inUse) {
  /** Pictures being fetched, and those that are here. @type {Map<string, Promise<HTMLImageElement>>} */
  const coming = new Map();
  /** @type {Map<string, HTMLImageElement>} */
  const here = new Map();

  /** Fetch one, at any size, for this once. @param {string} id @param {number} wanted @returns {Promise<HTMLImageElement>} */
  async function load(id, wanted) {
    const bytes = await fetchPicture(id, wanted);
    const made = new Image();
    made.draggable = false;
    made.src = URL.createObjectURL(new Blob([/** @type {any} */ (bytes)], { type: "image/jpeg" }));
    await made.decode();
    return made;
  }

  /** @param {Promise<HTMLImageElement>} one */
  const forget = (one) => void one.then((made) => URL.revokeObjectURL(made.src), () => {});

  return {
    load,
    /** Fetch one, or return the one that is fetched. @param {string} id */
    fetched(id) {
      const known = coming.get(id);
      if (known) return known;
      const loading = load(id, edge);
      coming.set(id, loading);
      loading.then((made) => coming.get(id) === loading && here.set(id, made), () => coming.delete(id));
      for (const [old, one] of coming) {
        if (coming.size <= most) break;
        if (old === id || inUse(old)) continue;
        coming.delete(old);
        here.delete(old);
        forget(one);
      }
      return loading;
    },
    /** One that is here already. @param {string} id */
    here: (id) => here.get(id),
    destroy() {
      for (const one of coming.values()) forget(one);
      coming.clear();
      here.clear();
    },
  };
}
