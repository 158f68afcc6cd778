/** What a map in a page of another site says beside the dictionary. */
export const zh = {
  frameTitle: (city: string) => `${city}地图`,
  openWhole: '在新窗口打开完整地图',
  accessEnded: '此页面的查看授权已结束，现只显示公开图层。',
  accessExplain: '刷新所在页面可重新取得授权。',
  gestureWheel: '按住 Ctrl 并滚动滚轮来缩放地图',
  gestureWheelMac: '按住 ⌘ 并滚动滚轮来缩放地图',
  gestureFingers: '用两个手指移动地图',
};

export const en: typeof zh = {
  frameTitle: (city) => `Map of ${city}`,
  openWhole: 'Open the whole map in a new window',
  accessEnded: 'What this page may show has ended; public layers are shown.',
  accessExplain: 'Load the page around the map again to renew it.',
  gestureWheel: 'Hold Ctrl and turn the wheel to zoom the map',
  gestureWheelMac: 'Hold ⌘ and turn the wheel to zoom the map',
  gestureFingers: 'Move the map with two fingers',
};

export const embeddingWords = { zh, en };
